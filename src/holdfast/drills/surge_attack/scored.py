"""A run with what scoring asks of it, and each attack as it is scored."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from holdfast.drills.instruments import check_lateness, find_latency_ms, is_success, name_streams, select_window
from holdfast.drills.score import find_percentile
from holdfast.drills.surge_attack.cast import Attack, Crowd
from holdfast.drills.surge_attack.episodes import find_named_s
from holdfast.drills.surge_attack.scoring import find_contained_s
from holdfast.drills.surge_attack.traffic import find_excess_s
from holdfast.model.finding import FindingKind

if TYPE_CHECKING:
    import numpy.typing as npt

    from holdfast.drills.instruments.load_result import Records
    from holdfast.drills.score import Latencies
    from holdfast.drills.surge_attack.episodes import EpisodeRun, ModeRun
    from holdfast.drills.surge_attack.scenario import SurgeAttack

TAIL_S: Final = 1.0
"""After an attack or crowd, what is done still belongs to it."""


@dataclass(frozen=True, eq=False)
class ScoredMode:
    """A mode's run with what scoring asks of it again and again."""

    run: ModeRun
    gated: bool = True
    """Whether episodes count only if the usual traffic's generator wasn't late."""

    @cached_property
    def streams(self) -> npt.NDArray[np.str_]:
        """Of each usual request, its stream."""
        return name_streams(self.run.usual)

    def select(self, start_s: float, end_s: float, *, of: str | None = None, but: str | None = None) -> Records:
        """Usual requests that were due within a time: of one tenant alone, or of everybody but one."""
        records = self.run.usual.records
        chosen = (records["intended_s"] >= start_s) & (records["intended_s"] < end_s)
        if of is not None:
            chosen &= self.streams == of
        if but is not None:
            chosen &= self.streams != but
        return records[chosen]

    @cached_property
    def punctual(self) -> tuple[EpisodeRun, ...]:
        """Episodes that count."""
        if not self.gated:
            return self.run.episodes
        timeout_ms = self.run.usual.plan.timeout_ms
        return tuple(
            run
            for run in self.run.episodes
            if check_lateness(self.select(run.began_s, run.over_s, but=run.episode.tenant.name), timeout_ms).ok
        )

    @cached_property
    def attacks(self) -> tuple[EpisodeRun, ...]:
        """Attacks that count."""
        return tuple(run for run in self.punctual if isinstance(run.episode, Attack))

    @cached_property
    def crowds(self) -> tuple[EpisodeRun, ...]:
        """Flash crowds that count."""
        return tuple(run for run in self.punctual if isinstance(run.episode, Crowd))

    @cached_property
    def solo_ms(self) -> Latencies:
        """Latencies of the quiet times before all episodes that count."""
        quiet = [self.select(run.began_s, run.onset_s) for run in self.punctual]
        return find_latency_ms(np.concatenate(quiet)) if quiet else np.empty(0)


@dataclass(frozen=True, slots=True)
class ScoredAttack:
    """What came of one attack; times in seconds since its onset, infinite for what never came.

    Where an attack rises, times to be named and contained count from when it asks for more than its tenant's limit.
    """

    run: EpisodeRun
    detected_s: float
    """Until anything was found at all."""
    named_s: float
    named_first: bool
    wrong_names: int
    wrong_actions: int
    contained_s: float
    contained_from_nothing_s: float
    bystanders_ms: Latencies
    served: float
    """Of the attacked tenant's own customers' requests once contained, 0 to 1; not a number if it never was."""
    served_from_onset: float

    @property
    def attack(self) -> Attack:
        """The attack."""
        assert isinstance(self.run.episode, Attack)  # noqa: S101 - ScoredMode.attacks has no others
        return self.run.episode


def score_attack(scenario: SurgeAttack, mode: ScoredMode, run: EpisodeRun) -> ScoredAttack:
    """Score one attack."""
    assert isinstance(run.episode, Attack)  # noqa: S101 - ScoredMode.attacks has no others
    name, history = run.episode.tenant.name, mode.run.history
    p99_ms_max = scenario.goals.contained_ratio_max * find_percentile(mode.solo_ms, 99)
    excess_s = find_excess_s(scenario, run.episode)
    named_at_s = find_named_s(history, run)
    seen = history.list_sightings(run.onset_s, run.over_s)
    surges = [s for s in seen if s.finding.kind is FindingKind.SURGE]
    done = history.list_started(run.onset_s, run.over_s + TAIL_S)
    bystanders = mode.select(run.onset_s, run.over_s, but=name)
    contained_s = _find_contained_s(bystanders, run.onset_s, run.seconds, p99_ms_max)
    quiet = mode.select(run.began_s, run.onset_s, but=name)
    good = mode.select(run.onset_s, run.over_s, of=name)
    return ScoredAttack(
        run=run,
        detected_s=max(0.0, seen[0].seen_s - run.onset_s - excess_s) if seen else math.inf,
        named_s=math.inf if named_at_s is None else max(0.0, named_at_s - run.onset_s - excess_s),
        named_first=bool(surges) and surges[0].finding.service == name,
        wrong_names=sum(1 for each in surges if each.finding.service != name),
        wrong_actions=sum(1 for each in done if each.service not in (name, None)),
        contained_s=max(0.0, contained_s - excess_s),
        contained_from_nothing_s=_find_contained_s(quiet, run.began_s, run.onset_s - run.began_s, p99_ms_max),
        bystanders_ms=find_latency_ms(bystanders),
        served=_served(select_window(good, run.onset_s + contained_s, math.inf)),
        served_from_onset=_served(good),
    )


def _find_contained_s(records: Records, onset_s: float, seconds: float, p99_ms_max: float) -> float:
    return find_contained_s(records["intended_s"] - onset_s, find_latency_ms(records), p99_ms_max, seconds)


def _served(records: Records) -> float:
    return float(np.mean(is_success(records))) if len(records) else math.nan
