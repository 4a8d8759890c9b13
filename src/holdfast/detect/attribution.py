"""Where an excess comes from: the narrowest rule that removes it and spares normal traffic, or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from holdfast.detect.sources.candidates import REMOVES_MIN, Evidence, find_candidates
from holdfast.detect.sources.features import LEVELS, METHODS, PATHS, PREFIXES, Feature, Level, read_feature
from holdfast.detect.sources.lot import weigh
from holdfast.model.sample import SampledRequest
from holdfast.model.source_rule import SourceRule

SAMPLES_MIN: Final = 30
"""Fewer requests than these, now or before, tell nothing."""
NORMAL_SAMPLES_MIN: Final = 60
"""Fewer normal requests can't show that a rule spares them."""
SAMPLES_MAX: Final = 2_000
"""More than these, now or before, aren't looked at: every second or third then."""
RATIO_MIN: Final = 1.5
"""Where there is less than so many times as much as usual, there is no excess to attribute."""
RATIO_MAX: Final = 1_000.0


@dataclass(frozen=True, slots=True)
class Attribution:
    """What was found in samples. `source` is None where no rule removes enough and spares enough."""

    samples: int
    """How many of the present samples it rests on."""
    source: SourceRule | None = None
    removes: float = 0.0
    """The share of the excess that `source` removes, at least (lower bound)."""
    spares: float = 1.0
    """The share of normal traffic that `source` spares, about."""
    traffic_class: str | None = None
    """What the excess has in common, in plain words, such as `POST /login`; None if nothing."""


def attribute(current: Sequence[SampledRequest], normal: Sequence[SampledRequest], surge_ratio: float) -> Attribution:
    """Attribute the excess of `current` over `normal`, where the whole is `surge_ratio` times its usual rate."""
    current, normal = _thin(current), _thin(normal)
    if len(current) < SAMPLES_MIN or not surge_ratio >= RATIO_MIN:
        return Attribution(samples=len(current))
    evidence = Evidence(weigh(current), weigh(normal), min(surge_ratio, RATIO_MAX))
    features = {level: read_feature(level, current, normal) for level in LEVELS}
    found = Attribution(samples=len(current), traffic_class=_name_class(features, evidence))
    if len(normal) < NORMAL_SAMPLES_MIN:
        return found
    admitted = [one for one in find_candidates(tuple(features.values()), evidence) if one.narrow]
    if not admitted:
        return found
    best = min(admitted, key=lambda one: one.rank)
    return Attribution(len(current), best.build_rule(), best.removes, 1 - best.normal_share, found.traffic_class)


def _thin(samples: Sequence[SampledRequest]) -> Sequence[SampledRequest]:
    return samples[:: -(-len(samples) // SAMPLES_MAX)] if samples else samples


def _name_class(features: dict[Level, Feature], evidence: Evidence) -> str | None:
    """The method and the path, or the longest prefix, that nearly all of the excess has, whoever else has it too."""
    method = _find_common(features[METHODS], evidence)
    path = _find_common(features[PATHS], evidence)
    if path is None:
        prefixes = (_find_common(features[level], evidence) for level in reversed(PREFIXES))
        path = next((f"{prefix}…" for prefix in prefixes if prefix), None)
    return " ".join(word for word in (method, path) if word) or None


def _find_common(feature: Feature, evidence: Evidence) -> str | None:
    now, before = feature.share_values(evidence.current, evidence.normal)
    if not len(now):
        return None
    most = int(np.argmax(now - before / evidence.ratio))
    common = evidence.bound_removed(float(now[most]), float(before[most])) >= REMOVES_MIN
    return feature.values[most] if common else None
