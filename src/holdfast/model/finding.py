"""What the watch found: something is unusual (tier 1), or unusual and harmful (tier 2)."""

from enum import IntEnum, StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from holdfast.model.noun import Noun
from holdfast.model.scalars import Name
from holdfast.model.source_rule import SourceRule

FindingId = Annotated[str, StringConstraints(pattern=r"^f-[1-9][0-9]{0,17}$")]
"""`f-17`: numbered in order of opening, never reused."""


class FindingKind(StrEnum):
    """What was found."""

    SURGE = "surge"
    """A service is offered far more than usual."""
    ERRORS = "errors"
    """Far more of a service's answers than usual are failures."""
    SLOWNESS = "slowness"
    """Far more of a service's answers than usual are slow."""
    SILENCE = "silence"
    """A service with steady traffic has none."""
    SATURATION = "saturation"
    """A location is near its capacity."""
    HEADROOM = "headroom"
    """At its present growth, a location or service reaches its capacity soon."""
    BLINDNESS = "blindness"
    """An edge's reports are missing or late."""
    LOSS = "loss"
    """Edges get no answers of a service's upstream any more, or of a whole site."""


class Tier(IntEnum):
    """Tier 1 is looked into and shown; tier 2 is acted upon."""

    UNUSUAL = 1
    HARMFUL = 2


class Evidence(Noun):
    """The numbers behind a finding, in the kind's own unit (requests per second, shares, seconds)."""

    now: float
    usual: float
    capacity: float | None = None
    """What it was held against: beyond this, tier 2."""
    score: float = 0.0
    """The detector's statistic, and the threshold that it passed."""
    threshold: float = 0.0
    harms: tuple[str, ...] = ()
    """What suffers, in plain words."""
    samples: int = 0
    """How many sampled requests the attribution rests on."""


class Finding(Noun):
    """Something found about a service, or about a location, edge or site as a whole. Times are Unix, in seconds."""

    kind: FindingKind
    tier: Tier
    location: Name | None = None
    edge: Name | None = None
    service: Name | None = None
    tenant: Name | None = None
    site: Name | None = None
    traffic_class: str | None = None
    """What the excess has in common, in plain words, such as `POST /login`."""
    began_at: float
    """When it began, as far as can be told."""
    seen_at: float
    evidence: Evidence
    source: SourceRule | None = None
    """The narrowest rule that would remove the excess and spare normal traffic; None if there is none (yet)."""
    source_removes: Annotated[float, Field(ge=0, le=1)] | None = None
    """The share of the excess that the rule removes, at least."""
    source_spares: Annotated[float, Field(ge=0, le=1)] | None = None
    """The share of normal traffic that the rule spares, about."""

    @property
    def key(self) -> tuple[str, str]:
        """What tells this finding from others that go on at the same time: its kind, and whom it is about."""
        return self.kind, self.service or self.edge or self.location or self.site or ""
