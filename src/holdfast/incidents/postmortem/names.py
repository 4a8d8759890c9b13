"""What things are called in a postmortem: all of it for those who work on it, as little as can be for the public."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from holdfast.model.finding import Finding, FindingKind
from holdfast.model.mitigation import Measure, Mitigation, MitigationKind

PLACES_TOLD_MAX: Final = 3
ALIKE_S: Final = 60.0
FINDINGS: Final[Mapping[FindingKind, str]] = {
    FindingKind.SURGE: "Far more requests than usual",
    FindingKind.ERRORS: "Far more failures than usual",
    FindingKind.SLOWNESS: "Far more slow answers than usual",
    FindingKind.SILENCE: "No requests where there usually are",
    FindingKind.SATURATION: "A location near its capacity",
    FindingKind.HEADROOM: "Growth towards capacity",
    FindingKind.BLINDNESS: "Measurements missing or late",
    FindingKind.LOSS: "An upstream lost",
}
MEASURES: Final[Mapping[str, str]] = {
    MitigationKind.KILL: "All requests refused",
    MitigationKind.READ_ONLY: "Writes refused",
    MitigationKind.LIMIT: "A tighter limit",
    MitigationKind.BLOCK: "Addresses blocked",
    MitigationKind.DENY: "The source of the excess refused",
    MitigationKind.SHED: "Capacity shared out by importance",
    MitigationKind.FAIL_OVER: "Failed over to a standby",
    MitigationKind.DRAIN: "Machines drained",
    MitigationKind.HOLD: "Traffic let back in by degrees",
    MitigationKind.SPOOL: "Requests kept for later",
}


@dataclass(frozen=True, slots=True)
class Naming:
    """Names for one variant. `public` has no ids, people or addresses; services are named if `names` are allowed."""

    public: bool
    names: bool
    describe: Callable[[Measure], str]

    @property
    def may_name(self) -> bool:
        """Whether services and tenants may be named."""
        return self.names or not self.public

    def name_places(self, services: Sequence[str], components: Sequence[str]) -> str:
        """Services as one would say them, or the titles of the components that they make up."""
        told = services if self.may_name else components
        if not told:
            return "the platform"
        more = len(told) - PLACES_TOLD_MAX
        first = ", ".join(told[:PLACES_TOLD_MAX])
        return f"{first} and {more:,} more" if more > 0 else first

    def name_finding(self, finding: Finding) -> str:
        """What was found."""
        if self.public:
            return f"{FINDINGS[finding.kind]}{self._of(finding.service)}"
        about = finding.service or finding.edge or finding.location or finding.site or "the platform"
        return f"{finding.kind.capitalize()} of {about}"

    def tell_findings(self, findings: Iterable[Finding]) -> Iterator[tuple[float, str]]:
        """When each was seen (Unix time, in seconds), and what; of what sounds alike only the first in `ALIKE_S`."""
        told = dict[str, float]()
        for each in sorted(findings, key=lambda finding: finding.seen_at):
            title = self.name_finding(each)
            if each.seen_at - told.get(title, float("-inf")) >= ALIKE_S:
                told[title] = each.seen_at
                yield each.seen_at, title

    def name_mitigation(self, mitigation: Mitigation) -> str:
        """What was done about it."""
        if self.public:
            return f"{MEASURES[mitigation.measure.kind]}{self._of(mitigation.measure.service)}"
        return f"{mitigation.id}: {self.describe(mitigation.measure)}"

    def _of(self, service: str | None) -> str:
        return f", {service}" if service and self.names else ""
