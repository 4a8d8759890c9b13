"""Findings that are open: they open at once, and close when nothing was seen of them for a while."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from math import inf
from typing import Final

from holdfast.detect.tick_result import FindingKey, TickResult
from holdfast.model.finding import Evidence, Finding, FindingKind, Tier

CALM_S: Final = 10.0
"""A finding closes, or is no longer harmful, when nothing spoke for it for so long."""
FINDINGS_MAX: Final = 256
"""More than these aren't told; harmful ones and the highest scores go first."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a detector sees at a tick. Unless it is `clear`, it keeps a finding open but doesn't open one."""

    kind: FindingKind
    tier: Tier
    evidence: Evidence
    began_at: float
    clear: bool = True
    service: str | None = None
    tenant: str | None = None
    location: str | None = None
    edge: str | None = None

    @property
    def key(self) -> FindingKey:
        """As `Finding.key`."""
        return self.kind, self.service or self.edge or self.location or ""


@dataclass(slots=True)
class _Open:
    finding: Finding
    seen_at: float
    harmful_at: float = -inf


class Findings:
    """All open findings."""

    def __init__(self) -> None:
        self._open: dict[FindingKey, _Open] = {}
        self._told: frozenset[FindingKey] = frozenset()

    def __contains__(self, key: FindingKey) -> bool:
        return key in self._open

    def about_services(self, kind: FindingKind | None = None, tier: Tier = Tier.UNUSUAL) -> tuple[str, ...]:
        """The services that open findings are about, of a kind (or any) and of at least a tier."""
        found = (one.finding for one in self._open.values())
        return tuple(
            finding.service
            for finding in found
            if finding.service and kind in {finding.kind, None} and finding.tier >= tier
        )

    def keep(self, services: Container[str], locations: Container[str], edges: Container[str]) -> None:
        """Close findings about anything else."""

        def stays(finding: Finding) -> bool:
            if finding.service:
                return finding.service in services
            return finding.edge in edges if finding.edge else finding.location in locations

        self._open = {key: one for key, one in self._open.items() if stays(one.finding)}

    def update(self, sightings: Iterable[Sighting], now: float) -> TickResult:
        """Open, keep and close findings by what is seen now."""
        risen = {key for key in (self._see(sighting, now) for sighting in sightings) if key}
        self._open = {key: one for key, one in self._open.items() if now - one.seen_at < CALM_S}
        ranked = sorted(self._open, key=self._rank)
        told = frozenset(ranked[:FINDINGS_MAX])
        result = TickResult(
            at=now,
            findings={key: self._open[key].finding for key in ranked[:FINDINGS_MAX]},
            opened=told & (risen | (told - self._told)),
            closed=self._told - told,
            left_out=len(ranked) - len(told),
        )
        self._told = told
        return result

    def _see(self, sighting: Sighting, now: float) -> FindingKey | None:
        """Open or update a finding; its key if it is new or has become harmful."""
        key = sighting.key
        one = self._open.get(key)
        if one is None and not sighting.clear:
            return None
        harmful_at = now if sighting.tier is Tier.HARMFUL else (one.harmful_at if one else -inf)
        tier = Tier.HARMFUL if now - harmful_at < CALM_S else Tier.UNUSUAL
        began_at = one.finding.began_at if one else min(sighting.began_at, now)
        rises = one is None or tier > one.finding.tier
        finding = Finding(
            kind=sighting.kind,
            tier=tier,
            location=sighting.location,
            edge=sighting.edge,
            service=sighting.service,
            tenant=sighting.tenant,
            began_at=began_at,
            seen_at=now,
            evidence=sighting.evidence,
        )
        self._open[key] = _Open(finding, now, harmful_at)
        return key if rises else None

    def _rank(self, key: FindingKey) -> tuple[int, float, FindingKey]:
        finding = self._open[key].finding
        return -finding.tier, -finding.evidence.score, key
