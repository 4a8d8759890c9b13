"""Whether a standby could take over now: dated proofs, and what they come to."""

from enum import StrEnum
from typing import NamedTuple

from holdfast.model.noun import Noun
from holdfast.model.token import SYSTEM


class ProofKind(StrEnum):
    """What is proved of a standby."""

    DRILL = "drill"
    """A failover to it was exercised, or happened."""
    PROBES = "probes"
    """It answers the service's probes as expected."""
    PARITY = "parity"
    """It is declared like the primary, and answers like it."""
    CERTIFICATES = "certificates"
    HEADROOM = "headroom"
    """Its site has room for all that would come."""
    LAG = "lag"
    """It is not too far behind the primary, by what it says itself."""


class Outcome(StrEnum):
    """What came of a proof. Doubtful: nothing speaks against the standby, but this doesn't speak for it either."""

    PASSED = "passed"
    DOUBTFUL = "doubtful"
    FAILED = "failed"
    UNUSED = "unused"
    """There is nothing of the kind to prove."""


class Proof(Noun):
    """What was proved at a Unix time, by whom, and for how many seconds that is good."""

    kind: ProofKind
    outcome: Outcome
    at: float
    told: str
    good_for_s: float
    author: str = SYSTEM


class StandbyName(NamedTuple):
    """One standby: of which service, of which of its upstreams (None: the one without a name), and its own name."""

    service: str
    upstream: str | None
    standby: str

    def __str__(self) -> str:
        """How people call it."""
        return f"{self.standby} of {self.service}" + (f" ({self.upstream})" if self.upstream else "")


class Readiness(StrEnum):
    """What the proofs of a standby come to."""

    READY = "ready"
    STALE = "stale"
    """Nothing speaks against it, and some proof is missing, doubtful or too old."""
    NOT_READY = "not-ready"


class Verdict(Noun):
    """Whether a standby could take over, and why not. `alarm`: somebody has to see to it now."""

    service: str
    upstream: str | None
    standby: str
    readiness: Readiness
    alarm: bool
    reasons: tuple[str, ...]
    proofs: tuple[Proof, ...]

    @property
    def may_take_over(self) -> bool:
        """Whether nothing speaks against it: what is stale may."""
        return self.readiness is not Readiness.NOT_READY
