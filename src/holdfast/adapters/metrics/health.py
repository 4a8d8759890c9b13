"""Metrics of what is decided, and of how Holdfast itself is."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from holdfast.adapters.metrics.exposition import Exposition
from holdfast.adapters.metrics.reading import MetricsReading
from holdfast.model.component import ComponentStatus, Phase
from holdfast.model.finding import FindingKind, Tier
from holdfast.model.mitigation import MitigationKind
from holdfast.model.state import EndedMitigation, State

EXPIRED: Final = "expired"
REVERTED: Final = "reverted"
ENDED: Final = "ended"
"""How mitigations end, as the reasons that the journal gives begin."""
_NOT_WORKING: Final = {Phase.OFF, Phase.WARNED}


class EndingTally:
    """How mitigations ended and whether tenants could be told, counted since control started."""

    def __init__(self) -> None:
        self.ended: Counter[tuple[str, str]] = Counter()
        self.told: Counter[str] = Counter()
        self._latest: tuple[float, frozenset[str]] = (float("-inf"), frozenset())
        self._told_latest: tuple[float, frozenset[tuple[str, str]]] = (float("-inf"), frozenset())

    def take(self, state: State) -> None:
        """Count what ended and who was told since the last time."""
        at, seen = self._latest
        new = [each for each in state.ended if each.ended_at >= at and each.mitigation.id not in seen]
        self.ended.update((each.mitigation.measure.kind, find_ending(each)) for each in new)
        if new:
            at = max(each.ended_at for each in new)
            self._latest = at, frozenset(e.mitigation.id for e in state.ended if e.ended_at == at)
        self._take_tellings(state)

    def _take_tellings(self, state: State) -> None:
        at, seen = self._told_latest
        new = [each for each in state.told if each.at >= at and (each.mitigation, each.contact) not in seen]
        self.told.update("failed" if each.error else "told" for each in new)
        if new:
            at = max(each.at for each in new)
            self._told_latest = at, frozenset((t.mitigation, t.contact) for t in state.told if t.at == at)


def find_ending(ended: EndedMitigation) -> str:
    """Whether a mitigation expired, was reverted since it did harm, or was ended."""
    return next((how for how in (EXPIRED, REVERTED) if ended.why.startswith(how)), ENDED)


def expose_health(page: Exposition, reading: MetricsReading, endings: EndingTally) -> None:
    """All metrics that aren't of traffic."""
    _expose_decisions(page, reading.state)
    for kind in MitigationKind:
        for how in (EXPIRED, REVERTED, ENDED):
            page.add("mitigations_ended_total", endings.ended[kind.value, how], kind, how)
    for result in ("told", "failed"):
        page.add("tenant_notices_total", endings.told[result], result)
    _expose_components(page, reading.components)
    page.add("detector_tick_seconds", reading.watch.tick_s)
    page.add("detector_lag_seconds", reading.watch.lag_s)
    page.add("detector_degraded", len(reading.watch.degraded))
    page.add("journal_writable", reading.journal_writable)
    page.add("decisions_unrecorded", reading.unrecorded)
    page.add("started_seconds", reading.started_at)
    page.add("info", 1, reading.version, reading.intent.platform.name if reading.intent else "")


def _expose_decisions(page: Exposition, state: State) -> None:
    found = Counter((finding.kind, finding.tier) for finding in state.findings.values())
    for kind in FindingKind:
        for tier in Tier:
            page.add("findings", found[kind, tier], kind, str(int(tier)))
    held = Counter(mitigation.measure.kind for mitigation in state.mitigations.values())
    for name in MitigationKind:
        page.add("mitigations", held[name.value], name)
    page.add("findings_opened_total", state.finding_next - 1)
    page.add("mitigations_started_total", state.mitigation_next - 1)
    page.add("revision_in_force", state.in_force or 0)
    if state.in_force is not None and state.in_force in state.revisions:
        page.add("revision_in_force_since_seconds", state.revisions[state.in_force].since)


def _expose_components(page: Exposition, components: Iterable[ComponentStatus]) -> None:
    for each in components:
        page.add("component_on", each.phase not in _NOT_WORKING, each.component)
        page.add("component_dropped_total", each.usage.dropped, each.component)
        for budget in ("cpu_share", "memory_bytes", "lag_s"):
            allowed = getattr(each.allowed, budget)
            if allowed:
                name = budget.partition("_")[0]
                page.add("component_used_ratio", getattr(each.usage, budget) / allowed, each.component, name)
