"""What the watch tells at a tick: what was found."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from holdfast.model.finding import Finding

FindingKey = tuple[str, str]
"""`Finding.key`: its kind, and whom it is about."""


@dataclass(frozen=True, slots=True)
class TickResult:
    """What holds at one moment (Unix time, in seconds).

    `findings` are all that are open, by key, harmful ones first, then by score; at most `FINDINGS_MAX`, and
    `left_out` is how many more there are. A finding that was there before keeps its `began_at`.
    """

    at: float
    findings: Mapping[FindingKey, Finding] = field(default_factory=dict)
    opened: frozenset[FindingKey] = frozenset()
    """Of `findings`: those that weren't there a tick ago, or were in tier 1 and now are in tier 2."""
    closed: frozenset[FindingKey] = frozenset()
    """Those that were there a tick ago and are over."""
    left_out: int = 0

    @property
    def unusual_services(self) -> frozenset[str]:
        """The services to be looked into: a larger share of their requests should be sampled."""
        return frozenset(finding.service for finding in self.findings.values() if finding.service)
