"""Where a service's requests go, and how they are cared for on the way."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from holdfast.model.noun import Noun
from holdfast.model.recovery import EndpointFeed, StatedEndpoint
from holdfast.model.scalars import Name, Period, Positive, Size
from holdfast.model.units import Share


class Timeouts(Noun):
    """How long each stage towards an upstream may take."""

    connect: Period = 1.0
    per_try: Period | None = None
    request: Period = 15.0
    idle: Period = 60.0


class HealthCheck(Noun):
    """An active check of every endpoint."""

    path: Annotated[str, StringConstraints(pattern=r"^/")] = "/healthz"
    interval: Period = 1.0
    timeout: Period = 1.0
    unhealthy_after: Positive = 2
    healthy_after: Positive = 1


class Retries(Noun):
    """Which failures are tried again on another endpoint, within a budget of the service's own traffic.

    The budget is at least the part of one endpoint, if there are others, so that its loss fails no request.
    """

    attempts_max: Annotated[int, Field(ge=0, le=5, strict=True)] = 2
    methods: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z]+$")], ...] = ("GET", "HEAD", "OPTIONS")
    idempotency_key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")] | None = None
    budget: Share = 0.2
    body_max: Size = 65_536


class Standby(Noun):
    """Endpoints that take an upstream's place when it is lost. `site` is the place that they run at.

    With `endpoints_from`, `endpoints` are those that hold until it was read for the first time. At most `ephemeral_max`
    of the requests go to ephemeral ones while there are others. New endpoints get their full part after `slow_start`.
    """

    endpoints: tuple[StatedEndpoint, ...] = ()
    endpoints_from: EndpointFeed | None = None
    ephemeral_max: Share = 0.5
    slow_start: Period | None = None
    site: Name | None = None
    protocol: Literal["http1", "http2"] = "http1"
    timeouts: Timeouts = Timeouts()
    health_check: HealthCheck | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the stated endpoints are."""
        return tuple(each.address for each in self.endpoints)


class Upstream(Standby):
    """Where a service's requests go; `standbys` take its place when it is lost, in the order they are written in."""

    retries: Retries = Retries()
    standbys: dict[Name, Standby] = Field(default_factory=dict)
