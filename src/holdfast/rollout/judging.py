"""What is said of those who were given a revision: whether they fare worse, in what, and whose doing it is."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from holdfast.model.telemetry import Metric

SERVICES_NAMED_MAX: Final = 5


class Signal(StrEnum):
    """What may go wrong with a request, in the order of the columns that count it."""

    FAILED = "failed"
    CLIENT_ERRORS = "client errors"
    REJECTED = "rejected"
    LIMITED = "limited"
    SHED = "shed"
    WALLED = "walled"
    SLOW = "slow"
    SLOWER = "slower"
    SLOWEST = "slowest"
    MISSING = "missing"
    """Didn't come, of those that usually do."""


COUNTED: Final = (
    Metric.FAILED,
    Metric.CLIENT_ERRORS,
    Metric.REJECTED,
    Metric.LIMITED,
    Metric.SHED,
    Metric.WALLED,
    Metric.SLOW,
    Metric.SLOWER,
    Metric.SLOWEST,
)
"""The metrics that signals are counted by; what is missing isn't counted, but reckoned."""
SIGNALS: Final = len(Signal)

_WORDS: Final = {
    Signal.FAILED: "failed (5xx)",
    Signal.CLIENT_ERRORS: "were answered 4xx by the upstream",
    Signal.REJECTED: "were refused for what they are, or fit no route",
    Signal.LIMITED: "were refused by a limit",
    Signal.SHED: "were refused for want of room",
    Signal.WALLED: "were refused by the service's own walls",
    Signal.SLOW: "took 0.25 s or longer",
    Signal.SLOWER: "took 1 s or longer",
    Signal.SLOWEST: "took 4 s or longer",
    Signal.MISSING: "didn't come",
}


class Blame(StrEnum):
    """Whose doing it is."""

    REVISION = "revision"
    TENANT = "tenant"
    """One tenant's own: it would have befallen it without the revision, as far as can be told."""
    ALL = "all"
    """Those who weren't given the revision suffer alike."""


@dataclass(frozen=True, slots=True)
class Harm:
    """What those who were given a revision suffer. Counts are of all of them since the wave began, or fading."""

    signal: Signal
    blamed: Blame
    wrong: float
    requests: float
    expected: float
    """How many of so many requests would have gone wrong, going by what was before."""
    ratio: float
    """So many times what was expected went wrong, no tenant counting for more than its part."""
    others_ratio: float
    """Likewise of those who weren't given the revision; 1 where there is nobody."""
    after_s: float
    """How long after the wave began it was proved."""
    services: tuple[str, ...] = ()
    """Those that suffer most, at most five."""
    tenant: str | None = None
    """Whose doing it is, if it is one tenant's."""

    def describe(self) -> str:
        """The verdict in plain words, with its numbers.

        What was asked before the wave may go wrong in it: of requests there were at least so many.
        """
        requests = max(self.requests, self.wrong)
        share = self.wrong / requests if requests else 0.0
        facts = (
            f"{self.wrong:.0f} of {requests:.0f} requests ({share:.1%}) {_WORDS[self.signal]} within "
            f"{self.after_s:.1f} s, where {self.expected:.1f} were to be expected: {self.ratio:.1f} times as many, "
            f"and {self.others_ratio:.1f} times with the others"
        )
        where = f"; most of all {', '.join(self.services)}" if self.services else ""
        return f"{_VERDICTS[self.blamed].format(tenant=self.tenant)}: {facts}{where}"


_VERDICTS: Final = {
    Blame.REVISION: "The revision does harm",
    Blame.TENANT: "Tenant {tenant} suffers alone, which may be its own doing",
    Blame.ALL: "Everybody suffers, with the revision or without",
}
