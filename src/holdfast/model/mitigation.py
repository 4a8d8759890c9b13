"""Temporary protective changes: who, what, why, and until when."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from holdfast.model.noun import Noun
from holdfast.model.platform import ClientLimits, Name, Network

MitigationId = Annotated[str, StringConstraints(pattern=r"^m-[1-9][0-9]{0,17}$")]
"""`m-17`: numbered in order of decision, never reused."""


class Kill(Noun):
    """Refuse every request of the service with 503."""

    kind: Literal["kill"] = "kill"
    service: Name


class ReadOnly(Noun):
    """Refuse every request of the service that may write (all but GET, HEAD and OPTIONS) with 503."""

    kind: Literal["read-only"] = "read-only"
    service: Name


class Limit(Noun):
    """Hold the service to less than its own limits allow: requests per second, for each client, or in flight."""

    kind: Literal["limit"] = "limit"
    service: Name
    requests_per_s: Annotated[float, Field(gt=0)] | None = None
    per_client: ClientLimits | None = None
    in_flight: Annotated[int, Field(ge=0)] | None = None


class Block(Noun):
    """Refuse clients by address with 403, for one service or (without one) for the whole platform."""

    kind: Literal["block"] = "block"
    service: Name | None = None
    networks: Annotated[tuple[Network, ...], Field(min_length=1, max_length=10_000)]


Measure = Annotated[Kill | ReadOnly | Limit | Block, Field(discriminator="kind")]
"""The closed menu: what a mitigation may do."""


class MitigationKind(StrEnum):
    """The names of the closed menu."""

    KILL = "kill"
    READ_ONLY = "read-only"
    LIMIT = "limit"
    BLOCK = "block"


class Mitigation(Noun):
    """A measure in force, with its reason, author and expiry (Unix times, in seconds)."""

    id: MitigationId
    measure: Measure
    reason: str
    author: str
    started_at: float
    expires_at: float
