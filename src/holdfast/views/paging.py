"""Who is on call and how paging is, as people are shown it. No channel's address is part of it."""

from pydantic import Field

from holdfast.model.diagnostic import Diagnostic
from holdfast.model.incident import Impact, IncidentId, Phase
from holdfast.model.noun import Noun


class ShiftDocument(Noun):
    """Somebody is on call, from when until when (Unix times, in seconds)."""

    person: str
    begins_at: float
    ends_at: float


class GapDocument(Noun):
    """Nobody is on call (Unix times, in seconds); the default team is paged then."""

    begins_at: float
    ends_at: float


class FeedDocument(Noun):
    """A calendar: where it is, how many seconds ago it was fetched, and what is wrong with it.

    `strange` are titles of events that name nobody who is known.
    """

    source: str
    age_s: float | None
    problem: str
    strange: tuple[str, ...]


class OnCallTeamDocument(Noun):
    """A team, who is on call for it, and when nobody is. Where nobody takes turns, all members are on call."""

    name: str
    default: bool
    on_call: str | None
    next_on_call: ShiftDocument | None
    members: tuple[str, ...]
    gaps: tuple[GapDocument, ...]
    feed: FeedDocument | None
    takes_turns: bool = True


class HeartbeatDocument(Noun):
    """Heartbeats: how many seconds ago the last was sent and proved, and since when none is (Unix time, in seconds).

    `alive_s` is how many seconds ago the address took it that watches over control.
    """

    sent_s: float | None
    proved_s: float | None
    broken_since: float | None
    problem: str
    alive_s: float | None
    alive_problem: str


class LettersDocument(Noun):
    """Pages on their way, and those that were given up, by kind of channel."""

    waiting: int = 0
    oldest_s: float = 0.0
    failed: dict[str, int] = Field(default_factory=dict)


class OnCallDocument(Noun):
    """Everything about paging at one moment, `now`. Without a paging file nobody is paged, and `file` is None.

    `mistakes` keep what is in the file now from being used; what was good at `read_at` holds on then.
    `exhausted` are open incidents that everybody was paged for as often as may be.
    """

    now: float
    file: str | None = None
    read_at: float | None = None
    mistakes: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    problem: str = ""
    teams: tuple[OnCallTeamDocument, ...] = ()
    heartbeat: HeartbeatDocument | None = None
    letters: LettersDocument = LettersDocument()
    exhausted: tuple[IncidentId, ...] = ()


class TestPageDocument(Noun):
    """The channels that a test page goes by; `key` finds it at its receivers."""

    __test__ = False

    person: str
    channels: tuple[str, ...]
    key: str


class LinkedIncidentDocument(Noun):
    """What the link in a page shows of its incident."""

    incident: IncidentId
    person: str
    title: str
    impact: Impact
    phase: Phase
    acknowledged_by: str | None
    drill: bool


class AlertDocument(Noun):
    """What came of an alert: its incident, and whether it was opened, changed, resolved or left as it is."""

    incident: IncidentId | None
    outcome: str
