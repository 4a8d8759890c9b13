"""Temporary protective changes: who, what, why, and until when."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from holdfast.model.finding import FindingId
from holdfast.model.noun import Noun
from holdfast.model.platform import ClientLimits, Criticality
from holdfast.model.prediction import Prediction
from holdfast.model.scalars import Address, Name, Network
from holdfast.model.source_rule import SourceRule

REVERTED = "reverted: "
"""How the reason begins for which Holdfast ends what does harm; it also bars the same step for a while."""
MitigationId = Annotated[str, StringConstraints(pattern=r"^m-[1-9][0-9]{0,17}$")]
"""`m-17`: numbered in order of decision, never reused."""


class Kill(Noun):
    """Refuse every request of the service with 503."""

    kind: Literal["kill"] = "kill"
    service: Name


class Whom(Noun):
    """Whom a measure is for: one service; or all that are of these classes and have their primary at this site.

    Of those it spares some.
    """

    service: Name | None = None
    site: Name | None = None
    classes: tuple[Criticality, ...] | None = None
    spare: Annotated[tuple[Name, ...], Field(max_length=10_000)] = ()


class ReadOnly(Whom):
    """Refuse every request that may write (all but GET, HEAD, OPTIONS and GraphQL queries) with 503."""

    kind: Literal["read-only"] = "read-only"


class FailOver(Whom):
    """Send requests to a standby in place of the primary: the one named `to`, or each service's first.

    `share` of the requests go there; less than all of them on the way back. `read_only` None is as each service has it.
    """

    kind: Literal["fail-over"] = "fail-over"
    to: Name | None = None
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    read_only: bool | None = None


class Drain(Noun):
    """Send nothing new to these endpoints of a service; what is under way is finished."""

    kind: Literal["drain"] = "drain"
    service: Name
    endpoints: Annotated[tuple[Address, ...], Field(min_length=1, max_length=1_000)]


class Hold(Noun):
    """Refuse every request with 503 until it is the service's turn to come back; then let in so many per second.

    While it is `pinned`, its turn is when people say so.
    """

    kind: Literal["hold"] = "hold"
    service: Name
    requests_per_s: Annotated[float, Field(gt=0)] | None = None
    pinned: bool = False


class Spool(Noun):
    """Keep the service's deferrable requests for later, whether or not its upstream would take them."""

    kind: Literal["spool"] = "spool"
    service: Name


class Limit(Noun):
    """Hold the service to less than its own limits allow: requests per second, for each client, or in flight."""

    kind: Literal["limit"] = "limit"
    service: Name
    requests_per_s: Annotated[float, Field(gt=0)] | None = None
    per_client: ClientLimits | None = None
    in_flight: Annotated[int, Field(ge=0)] | None = None
    client_prefix: Annotated[int, Field(ge=0, le=32)] = 32
    """How much of an IPv4 address is one client: 24 makes everybody in a /24 share one bucket of `per_client`."""


class Block(Noun):
    """Refuse clients by address with 403, for one service or (without one) for the whole platform."""

    kind: Literal["block"] = "block"
    service: Name | None = None
    networks: Annotated[tuple[Network, ...], Field(min_length=1, max_length=10_000)]


class Deny(Noun):
    """Refuse what fulfils a source rule with 403, for one service."""

    kind: Literal["deny"] = "deny"
    service: Name
    source: SourceRule


class Shed(Noun):
    """Let no more of each class of criticality upstream at a location than this, in requests per second: 503.

    Classes that aren't named have what they have while nobody sheds. `budget_per_s` is what is shared out among all
    of them now: what the location can carry at present.
    """

    kind: Literal["shed"] = "shed"
    service: None = None
    location: Name
    budget_per_s: Annotated[float, Field(gt=0)]
    requests_per_s: dict[Criticality, Annotated[float, Field(gt=0)]]


Measure = Annotated[
    Kill | ReadOnly | Limit | Block | Deny | Shed | FailOver | Drain | Hold | Spool, Field(discriminator="kind")
]
"""The closed menu: what a mitigation may do."""
Recovery = FailOver | Drain | Hold | Spool
"""Those about what is lost and comes back; nothing is foretold of them, since they go by what is unlike before."""


class MitigationKind(StrEnum):
    """The names of the closed menu."""

    KILL = "kill"
    READ_ONLY = "read-only"
    LIMIT = "limit"
    BLOCK = "block"
    DENY = "deny"
    SHED = "shed"
    FAIL_OVER = "fail-over"
    DRAIN = "drain"
    HOLD = "hold"
    SPOOL = "spool"


class Mitigation(Noun):
    """A measure in force, with its reason, author and expiry (Unix times, in seconds).

    `finding` is what it answers to, for those that Holdfast decided on by itself. `edges` are those that it holds on,
    None for all. `prediction` is what was foretold of it; `forced` says that somebody insisted in spite of it.
    """

    id: MitigationId
    measure: Measure
    reason: str
    author: str
    started_at: float
    expires_at: float
    finding: FindingId | None = None
    edges: tuple[Name, ...] | None = None
    prediction: Prediction | None = None
    forced: bool = False
