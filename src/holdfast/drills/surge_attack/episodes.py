"""Plays episodes, one after another, on a running Holdfast under everybody's usual traffic, which never pauses."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from holdfast.drills.broken import DrillBroken
from holdfast.drills.instruments import start_load
from holdfast.drills.surge_attack.cast import Attack, Crowd
from holdfast.drills.surge_attack.traffic import plan_attack, plan_crowd

if TYPE_CHECKING:
    from collections.abc import Callable

    from holdfast.drills.instruments import LoadPlan, LoadResult, LoadRun, Upstream
    from holdfast.drills.instruments.load_result import Records
    from holdfast.drills.stage.core_meter import CoreUse
    from holdfast.drills.stage.history import History
    from holdfast.drills.stage.machine import Cores
    from holdfast.drills.surge_attack.cast import Episode
    from holdfast.drills.surge_attack.scenario import Form, SurgeAttack

DRAIN_S_MAX: Final = 30.0
POLL_S: Final = 0.05


class LocationStuck(DrillBroken):
    """What an attack left at the location wasn't worked off in time."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Everything that runs: an edge by its port, the upstream, everybody's usual traffic, and who keeps asking."""

    scenario: SurgeAttack
    form: Form
    cores: Cores
    port: int
    upstream: Upstream
    usual: LoadRun
    history: History


@dataclass(frozen=True, slots=True, eq=False)
class EpisodeRun:
    """One episode as it was. Times are seconds since the usual traffic's start.

    It was quiet from `began_s` to `onset_s`, when the first request was really sent; the last was due at `over_s`.
    """

    episode: Episode
    began_s: float
    onset_s: float
    over_s: float
    extra: Records
    planned: float
    """How many requests the attack or crowd was planned with, on average."""

    @property
    def seconds(self) -> float:
        """How long the attack or crowd lasted."""
        return self.over_s - self.onset_s


@dataclass(frozen=True, slots=True, eq=False)
class ModeRun:
    """All that happened in one of the location's modes."""

    usual: LoadResult
    episodes: tuple[EpisodeRun, ...]
    history: History
    core_use: CoreUse
    watch_core_share: float
    """CPU time of control and of the agents, over the time that passed."""


def estimate_s(scenario: SurgeAttack, form: Form, episodes: tuple[Episode, ...]) -> float:
    """About how long a mode takes."""
    return form.learn + sum(each.quiet_s + form.after + _seconds_of(scenario, form, each) + 0.3 for each in episodes)


def play_episode(stand: Stand, episode: Episode, tell: Callable[[str], None]) -> EpisodeRun:
    """Quiet, then the attack or crowd, then a rest. Raises InstrumentError, LocationStuck, ControlUnreachable."""
    _await_drained(stand.upstream)
    stand.upstream.set_capacity_host(episode.tenant.host)
    began_s = stand.history.now_s()
    stand.history.follow(episode.quiet_s, lambda: False)
    tell(_announce(episode))
    result = _play_extra(stand, episode)
    run = _make_run(stand, episode, began_s, result)
    tell(_conclude(stand.history, run))
    time.sleep(stand.form.after)
    return run


def find_named_s(history: History, run: EpisodeRun) -> float | None:
    """When a finding about the attacked service was first to be had, in seconds since the usual traffic's start."""
    seen = history.list_sightings(run.onset_s, run.over_s)
    return next((each.seen_s for each in seen if each.finding.service == run.episode.tenant.name), None)


def _play_extra(stand: Stand, episode: Episode) -> LoadResult:
    plan = _plan_extra(stand, episode)
    placement = stand.cores.flood if isinstance(episode, Attack) else stand.cores.beside
    with start_load(plan, placement) as extra:
        began_s = stand.history.now_s()

        def is_unnamed() -> bool:
            seen = stand.history.list_sightings(began_s, began_s + plan.duration_s)
            return isinstance(episode, Attack) and all(s.finding.service != episode.tenant.name for s in seen)

        stand.history.follow(plan.duration_s, is_unnamed)
        result = extra.wait()
    stand.history.look_at_findings()
    stand.history.look_at_mitigations()
    return result


def _plan_extra(stand: Stand, episode: Episode) -> LoadPlan:
    seconds = _seconds_of(stand.scenario, stand.form, episode)
    if isinstance(episode, Attack):
        return plan_attack(stand.scenario, episode, stand.port, seconds)
    return plan_crowd(stand.scenario, episode, stand.port, seconds)


def _seconds_of(scenario: SurgeAttack, form: Form, episode: Episode) -> float:
    if isinstance(episode, Attack):
        return form.attack_seconds or scenario.attack.seconds
    return form.crowd_seconds or scenario.crowd.seconds


def _make_run(stand: Stand, episode: Episode, began_s: float, result: LoadResult) -> EpisodeRun:
    offset_s = (result.summary.started_ns - stand.usual.started_ns) / 1e9
    sent = result.records[result.records["source"] >= 0]
    first = sent["intended_s"] + sent["lateness_ms"] / 1e3
    planned = sum(w.rps * (w.end_s - w.start_s) for load in result.plan.hosts for w in load.rates)
    return EpisodeRun(
        episode=episode,
        began_s=began_s,
        onset_s=offset_s + (float(first.min()) if len(first) else 0.0),
        over_s=offset_s + result.plan.duration_s,
        extra=result.records,
        planned=planned,
    )


def _await_drained(upstream: Upstream) -> None:
    """Return once nothing queues at the location."""
    deadline = time.monotonic() + DRAIN_S_MAX
    while upstream.read_stats().queued:
        if time.monotonic() > deadline:
            raise LocationStuck(f"the location hadn't worked off what an attack left within {DRAIN_S_MAX:g} s")
        time.sleep(POLL_S)


def _announce(episode: Episode) -> str:
    match episode:
        case Attack(kind, tenant, sources, feature):
            common = f", {feature[0]} {feature[1]}" if feature else ""
            return f"attack on {tenant.name}, {kind} ({sources:,} addresses{common})"
        case Crowd(tenant, sources):
            return f"flash crowd for {tenant.name} ({sources:,} addresses)"


def _conclude(history: History, run: EpisodeRun) -> str:
    done = len(list(history.list_started(run.onset_s, run.over_s)))
    if isinstance(run.episode, Crowd):
        return f"the crowd is gone; {done} mitigations begun meanwhile"
    named_s = find_named_s(history, run)
    named = "not named" if named_s is None else f"named after {named_s - run.onset_s:.2f} s"
    return f"the attack is over: {named}, {done} mitigations begun"
