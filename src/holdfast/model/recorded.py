"""Requests as edges saw them, kept to ask what a change would do to them."""

from typing import Annotated

from pydantic import Field, StringConstraints

from holdfast.model.noun import Noun

Header = tuple[
    Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$")],
    Annotated[str, StringConstraints(pattern=r"^(?:[!-~](?:[ -~]*[!-~])?)?$", max_length=8_192)],
]
"""A header's name and value, as they may be sent."""


class RecordedRequest(Noun):
    """One request, scrubbed: no body, of its query only the keys, and of its headers only a few.

    `weight` is how many requests it stands for. `caller` is the service that sent it; empty for clients outside.
    `body_bytes` and `head_bytes` are how large body and headers were, `latency_s` how long the answer took.
    `expect` is the status that a probe must be answered with; recorded requests expect nothing.
    """

    method: Annotated[str, StringConstraints(pattern=r"^[A-Za-z-]{1,32}$")]
    host: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,255}$")]
    path: Annotated[str, StringConstraints(pattern=r"^[!-~]+$", max_length=8_192)]
    headers: Annotated[tuple[Header, ...], Field(max_length=100)] = ()
    weight: Annotated[float, Field(gt=0)] = 1.0
    caller: str = ""
    body_bytes: Annotated[int, Field(ge=0)] = 0
    head_bytes: Annotated[int, Field(ge=0)] = 0
    latency_s: Annotated[float, Field(ge=0)] | None = None
    expect: int | None = None


class Usage(Noun):
    """What a service, or a location, is usually asked for: requests per second and in flight, and at their peaks.

    `busiest_client_rps` is what the client that asks most sends.
    """

    rps: float = 0.0
    peak_rps: float = 0.0
    in_flight: float = 0.0
    peak_in_flight: float = 0.0
    busiest_client_rps: float = 0.0


class PlatformUsage(Noun):
    """What is known of a platform's traffic: by service and by location.

    `connections` are those that clients usually have open at a location. `operations` are recorded GraphQL operations,
    by service and kind: `query`, `mutation`, `batch`, `introspection`.
    """

    services: dict[str, Usage] = Field(default_factory=dict)
    locations: dict[str, Usage] = Field(default_factory=dict)
    connections: dict[str, float] = Field(default_factory=dict)
    operations: dict[str, dict[str, float]] = Field(default_factory=dict)
