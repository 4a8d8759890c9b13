"""Which findings are worth the journal: harmful ones, when they begin, when more is known of them, when they end."""

from collections.abc import Mapping
from typing import Final

from holdfast.detect.attribution import Attribution
from holdfast.detect.tick_result import TickResult
from holdfast.engine.command import CloseFinding, OpenFinding, UpdateFinding
from holdfast.model.finding import Finding, FindingId, FindingKind, Tier
from holdfast.model.state import State

NEWS_FACTOR: Final = 1.5
"""An open finding's numbers are written down anew when they are so many times those that were."""
_OTHERS: Final = frozenset({FindingKind.LOSS})
"""What isn't the watch's to find, nor to close."""
RESTART_GRACE_S: Final = 60.0
"""A finding from before control's start is kept open for so long, while the watch learns what goes on."""


def record_findings(
    state: State, result: TickResult, sources: Mapping[str, Attribution], watching_since: float
) -> tuple[OpenFinding | UpdateFinding | CloseFinding, ...]:
    """What is to be noted of a look's findings; `sources` are the latest that were told, by service."""
    open_ids = {finding.key: id_ for id_, finding in state.findings.items()}
    noted: list[OpenFinding | UpdateFinding | CloseFinding] = []
    for key, seen in result.findings.items():
        finding = add_source(seen, sources)
        if id_ := open_ids.get(key):
            before = state.findings[id_]
            if _is_news(before, finding):
                began = {"began_at": before.began_at, "seen_at": before.seen_at}
                noted.append(UpdateFinding(id_, finding.model_copy(update=began)))
        elif finding.tier is Tier.HARMFUL:
            noted.append(OpenFinding(finding))
    over = (i for key, i in open_ids.items() if key not in result.findings and state.findings[i].kind not in _OTHERS)
    noted += [
        CloseFinding(id_, "it is as usual again") for id_ in over if _may_close(state, id_, result, watching_since)
    ]
    return tuple(noted)


def add_source(finding: Finding, sources: Mapping[str, Attribution]) -> Finding:
    """The finding with where it comes from, as far as that was told."""
    told = sources.get(finding.service or "")
    if told is None:
        return finding
    return finding.model_copy(
        update={
            "traffic_class": told.traffic_class,
            "source": told.source,
            "source_removes": told.removes if told.source else None,
            "source_spares": told.spares if told.source else None,
            "evidence": finding.evidence.model_copy(update={"samples": told.samples}),
        }
    )


def _is_news(before: Finding, now: Finding) -> bool:
    if now.tier < before.tier:
        return False
    if (now.source, now.traffic_class, now.tier) != (before.source, before.traffic_class, before.tier):
        return True
    return now.evidence.now >= NEWS_FACTOR * before.evidence.now > 0


def _may_close(state: State, id_: FindingId, result: TickResult, watching_since: float) -> bool:
    if state.findings[id_].seen_at >= watching_since:
        return True
    return result.at - watching_since >= RESTART_GRACE_S
