"""What is known of an incident afterwards: what it did, to whom, what was done and when, and what speaks for why.

Times are Unix times, in seconds; None stands for what wasn't measured, never for zero. In the public variant there is
nothing that names people, addresses, or (unless that is allowed) services and tenants.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from holdfast.model.day import Day
from holdfast.model.incident import Impact, IncidentId, Occasion, Phase
from holdfast.model.noun import Noun

MOMENTS_MAX = 20
CHART_STEPS_MAX = 600
"""More can't be told apart on a page."""


class PostmortemFormat(StrEnum):
    """How a postmortem is written down."""

    MARKDOWN = "md"
    HTML = "html"
    JSON = "json"


class TimelineEntry(Noun):
    """Something that was decided, found, said or done. `kind` is that of the history; `detail` says more, if there is
    more to say.
    """

    at: float
    kind: str
    title: str
    detail: str = ""
    author: str = ""


class RequestCount(Noun):
    """What became of the requests between begin and end, as far as measured; None where nothing was.

    `missing_s` is how much of the time nobody measured.
    """

    served: float | None = None
    refused: float | None = None
    failed: float | None = None
    missing_s: float = 0.0

    @property
    def offered(self) -> float | None:
        """All of them."""
        if self.served is None or self.refused is None or self.failed is None:
            return None
        return self.served + self.refused + self.failed

    def find_share(self, count: float | None) -> float | None:
        """A count as a share of all; None if there were none, or nobody knows."""
        return None if count is None or not self.offered else count / self.offered


class PlaceImpact(Noun):
    """How long a component was down and degraded in a region, by title, with the requests that say so."""

    component: str
    region: str
    down_s: float
    degraded_s: float
    requests: float
    failed: float


class MeasuredImpact(Noun):
    """What it did, in numbers. `places` is None where nothing is accounted; it has only those that suffered.

    `services` and `tenants` are those touched, as far as they may be named; `tenant_count` is given in any case.
    """

    requests: RequestCount = RequestCount()
    places: tuple[PlaceImpact, ...] | None = None
    services: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    tenant_count: int | None = None


class Moment(Noun):
    """When something had happened, such as `detect`; `after_s` is since it began. `how` says what it is taken from.

    `at` is None where it didn't happen, or wasn't measured: `how` says which.
    """

    name: str
    at: float | None
    after_s: float | None
    how: str


class ChartTraffic(Noun):
    """Requests a second of some services together, in steps of `step_s` seconds; None where nobody measured."""

    at: tuple[float, ...]
    step_s: Annotated[float, Field(gt=0)]
    offered: tuple[float | None, ...]
    refused: tuple[float | None, ...]
    failed: tuple[float | None, ...]
    usual: tuple[float | None, ...]

    @property
    def usual_mean(self) -> float | None:
        """The mean of what is usual in all of the time shown."""
        known = [each for each in self.usual if each is not None]
        return sum(known) / len(known) if known else None

    @property
    def is_measured(self) -> bool:
        """Whether anything is known."""
        return any(each is not None for each in self.offered)


class ChartSpan(Noun):
    """A mitigation in force; without `ended_at` it still is."""

    label: str
    began_at: float
    ended_at: float | None = None


class MarkKind(StrEnum):
    """What a mark on the chart stands for."""

    FINDING = "finding"
    POST = "post"


class ChartMark(Noun):
    """A moment on the chart. Numbered from 1, in order of time."""

    number: Annotated[int, Field(ge=1)]
    kind: MarkKind
    label: str
    at: float


class Chart(Noun):
    """The traffic with its usual mean, and what was found, done and said meanwhile; `words` says the same as text.

    `spans_left_out` is how many mitigations aren't drawn.
    """

    title: str
    words: str
    starts_at: float
    ends_at: float
    began_at: float
    resolved_at: float | None
    traffic: ChartTraffic | None
    spans: tuple[ChartSpan, ...] = ()
    spans_left_out: int = 0
    marks: tuple[ChartMark, ...] = ()


class SuspectedChange(Noun):
    """A change that may be why. `weight` is how likely, from 0 to 1; of those ruled out, `evidence` says why."""

    title: str
    author: str
    why: str
    at: float
    weight: Annotated[float, Field(ge=0, le=1)] | None = None
    evidence: tuple[str, ...] = ()
    finding: str = ""
    """What it is suspected of."""


class PromisedFollowUp(Noun):
    """Something promised: whose (unless public), due when, proved by which drill."""

    id: str
    text: str
    owner: str
    due: Day
    drill: str | None
    done_at: float | None


class Postmortem(Noun):
    """All of it. `as_of` is set while the incident goes on: what follows isn't in it. `title` and all texts are as the
    variant allows.
    """

    incident: IncidentId
    title: str
    public: bool
    drill: bool
    occasion: Occasion
    impact: Impact
    phase: Phase
    began_at: float
    opened_at: float
    resolved_at: float | None
    as_of: float | None
    components: tuple[str, ...]
    regions: tuple[str, ...]
    summary: tuple[str, ...]
    measured: MeasuredImpact
    moments: Annotated[tuple[Moment, ...], Field(max_length=MOMENTS_MAX)]
    chart: Chart
    timeline: tuple[TimelineEntry, ...]
    timeline_left_out: int = 0
    suspects: tuple[SuspectedChange, ...] = ()
    ruled_out: tuple[SuspectedChange, ...] = ()
    follow_ups: tuple[PromisedFollowUp, ...] = ()
