"""What is declared about losing things: sites, moving to a standby, machines that are taken back, deferred sending."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from holdfast.model.noun import Noun
from holdfast.model.scalars import Address, Flag, Name, Period, Positive, Rate, Size


class Policy(StrEnum):
    """Who decides on a failover: people, people whom Holdfast asks, or Holdfast."""

    MANUAL = "manual"
    SUGGEST = "suggest"
    AUTOMATIC = "automatic"


class Site(Noun):
    """A place that upstreams run at, and that may be lost as a whole. What is said of it, it can carry in all."""

    requests: Rate | None = None
    in_flight: Positive | None = None


class Lag(Noun):
    """Where a standby says how many seconds it is behind its primary, and how many are too many.

    `path` is asked; the number is in `header`, or at `json_pointer` (RFC 6901) of the body, or is the body.
    """

    path: Annotated[str, StringConstraints(pattern=r"^/[!-~]*$", max_length=1024)]
    header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$", max_length=128)] | None = None
    json_pointer: Annotated[str, StringConstraints(pattern=r"^(?:/[ -~]*)?$", max_length=256)] | None = None
    max: Period = 30.0


class Failover(Noun):
    """When a service moves to one of its standbys, and back.

    `quorum` is how many edges must see the primary failing (None: more than half of those that hear of it), without a
    break for `after`. Nothing moves again within `stay`. The way back leads through `ramp`, a little more at a time.
    """

    policy: Policy = Policy.SUGGEST
    quorum: Positive | None = None
    after: Period = 1.0
    stay: Period = 60.0
    fail_back: Policy = Policy.SUGGEST
    ramp: Period = 30.0
    read_only: Flag = True
    """While on a standby, only reading works there; deferrable writes are spooled, others are told so."""
    lag: Lag | None = None


class Endpoint(Noun):
    """One machine of an upstream: where, in which zone, and whether its provider may take it back at any time."""

    address: Address
    zone: Name | None = None
    ephemeral: Flag = False


def _read_endpoint(written: object) -> object:
    """An address alone says enough of a machine of which there is nothing else to say."""
    return written if isinstance(written, Endpoint | Mapping) else {"address": written}


StatedEndpoint = Annotated[Endpoint, BeforeValidator(_read_endpoint, json_schema_input_type=Address | Endpoint)]
"""An endpoint as it is written: an address, or a mapping."""


class EndpointFeed(Noun):
    """Where endpoints are learnt from, again and again: exactly one of a file and a URL, in the form of `Endpoint`s."""

    file: Annotated[str, StringConstraints(pattern=r"^/", max_length=1024)] | None = None
    url: Annotated[str, StringConstraints(pattern=r"^https?://", max_length=2048)] | None = None
    every: Period = 5.0


class Reclaims(Noun):
    """Where the provider says that it takes a machine back: at a URL of each ephemeral machine, in its cloud's form.

    `{host}` in the URL stands for the machine's address. Without it, machines and people say so themselves.
    """

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^/]*\{host\}", max_length=2048)]
    shape: Literal["aws", "gcp"]
    every: Period = 5.0


class Deferral(Noun):
    """Requests that may be kept for later where the upstream can't take them now.

    `order_by` is a header: what bears the same value is delivered in the order in which it was accepted. `priority`
    goes from 0 (first) to 9. What isn't delivered after `age_max` is a dead letter.
    """

    order_by: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")] | None = None
    priority: Annotated[int, Field(ge=0, le=9, strict=True)] = 5
    age_max: Period = 86_400.0
    body_max: Size = 1_048_576
    also_on: tuple[Annotated[int, Field(ge=400, le=599, strict=True)], ...] = ()
    """Answers of the upstream, beside 5xx, that are no answer: a misconfiguration's 404, say."""


class SpoolBounds(Noun):
    """The most that is kept for later: of all, and of one tenant."""

    bytes_max: Size = 1_073_741_824
    messages_max: Positive = 1_000_000
    tenant_bytes_max: Size = 268_435_456
    tenant_messages_max: Positive = 250_000


class AssetStore(Noun):
    """The most that each machine keeps of last good copies, and for how long after nobody asked for one any more."""

    bytes_max: Size = 1_073_741_824
    unused_max: Period = 86_400.0
    object_max: Size = 16_777_216
