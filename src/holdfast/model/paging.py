"""Who is woken for an incident, how, and in which order: what the paging file says.

It is a file of its own since it holds secrets, and since who is on call has nothing to do with edges.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field, SecretStr, StringConstraints

from holdfast.model.day import Day
from holdfast.model.incident import Impact
from holdfast.model.noun import Noun
from holdfast.model.scalars import Flag, Name, Period

PEOPLE_MAX: Final = 500
CHANNELS_MAX: Final = 8
STEPS_MAX: Final = 10
REPEATS_MAX: Final = 10
TEAMS_MAX: Final = 200

ON_CALL: Final = "on-call"
NEXT_ON_CALL: Final = "next-on-call"
WHOLE_TEAM: Final = "team"
ROLES: Final = (ON_CALL, NEXT_ON_CALL, WHOLE_TEAM)
"""Words that a step may say instead of a person's name."""

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Clock = Annotated[str, StringConstraints(pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A time of day: `09:00`."""
Moment = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T](?:[01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A day and a time of day: `2026-12-24 09:00`."""
Zone = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+/-]{1,64}$")]
"""A time zone of the IANA database: `Europe/Berlin`."""
LabelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]


class WrittenChannel(Noun):
    """One way to reach somebody; exactly one key of the three. Where it leads is never shown."""

    email: SecretStr | None = None
    webhook: SecretStr | None = None
    apprise: SecretStr | None = None
    """A URL in the form of https://github.com/caronc/apprise/wiki."""


class Person(Noun):
    """Somebody who can be woken, by these channels in this order. `name` and `email` say who is meant in calendars."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    email: Annotated[str, StringConstraints(min_length=3, max_length=254)] | None = None
    channels: Annotated[dict[Name, WrittenChannel], Field(min_length=1, max_length=CHANNELS_MAX)]


class Hours(Noun):
    """When in a week a rotation is on call, by its own time zone; past midnight, if `until` isn't after `begin`."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = (
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    )  # fmt: skip
    begin: Clock
    until: Clock


class Rotation(Noun):
    """People taking turns. The first turn begins at the handover of the day `begins`, and the last is over on `ends`.

    `hours` confine it to a part of the week.
    """

    people: Annotated[tuple[Name, ...], Field(min_length=1, max_length=50)]
    time_zone: Zone = "UTC"
    every: Literal["day", "week"] = "week"
    handover_day: Weekday = "monday"
    handover: Clock = "09:00"
    begins: Day
    ends: Day | None = None
    hours: Hours | None = None


class Override(Noun):
    """Somebody else is on call for a while."""

    who: Name
    begin: Moment
    until: Moment
    time_zone: Zone = "UTC"


class CalendarFeed(Noun):
    """An iCal feed whose events say who is on call: a URL or a file."""

    url: SecretStr | None = None
    file: str | None = None
    every: Period = 300.0


class OnCall(Noun):
    """Who is on call: whoever an override names, else the feed, else the first rotation that has somebody."""

    feed: CalendarFeed | None = None
    rotations: Annotated[tuple[Rotation, ...], Field(max_length=20)] = ()
    overrides: Annotated[tuple[Override, ...], Field(max_length=200)] = ()


class Step(Noun):
    """Who is woken, and how long an acknowledgement is waited for before the next step."""

    page: Name
    """`on-call`, `next-on-call`, `team`, or a person."""
    wait: Period = 300.0


class EscalationPolicy(Noun):
    """Steps, and how often all of them are repeated while nobody acknowledges.

    A channel that hasn't taken a page within `taken_within` is given up for the next. An incident that was
    acknowledged, and of which nobody has written a word for `again_after`, is paged for again.
    """

    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=STEPS_MAX)] = (
        Step(page=ON_CALL), Step(page=NEXT_ON_CALL), Step(page=WHOLE_TEAM, wait=600.0),
    )  # fmt: skip
    repeat: Annotated[int, Field(ge=0, le=REPEATS_MAX, strict=True)] = 2
    taken_within: Period = 30.0
    again_after: Period | None = 3_600.0


class Team(Noun):
    """People who answer for services and components. The default team answers for what no other does."""

    default: Flag = False
    people: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    """Members besides those who take turns."""
    services: tuple[Name, ...] = ()
    components: tuple[Name, ...] = ()
    on_call: OnCall = OnCall()
    policy: Name | None = None


class Loudness(StrEnum):
    """How loud an incident of some impact is."""

    PAGE = "page"
    EMAIL = "email"
    """By e-mail only."""
    NOBODY = "nobody"


class Heartbeat(Noun):
    """A test message that goes the way of every page, again and again, to something that isn't a person.

    It is proved by the target's taking it and, with `confirm`, by that URL's answering with a text that holds the
    beat's name. If none was proved for `overdue_after`, people are told another way. While control lives, it asks for
    `alive_url`, so that somebody else can tell when it doesn't.
    """

    to: WrittenChannel | None = None
    every: Period = 300.0
    overdue_after: Period = 900.0
    confirm: SecretStr | None = None
    alive_url: SecretStr | None = None
    alive_every: Period = 60.0


class AlertLabels(Noun):
    """What the labels of other monitoring systems' alerts mean."""

    severity: LabelName = "severity"
    impacts: dict[str, Impact] = Field(
        default_factory=lambda: {
            "critical": Impact.CRITICAL, "page": Impact.CRITICAL, "error": Impact.MAJOR, "warning": Impact.MINOR,
            "info": Impact.NONE, "none": Impact.NONE,
        }, max_length=50,
    )  # fmt: skip
    otherwise: Impact = Impact.MAJOR
    team: LabelName = "team"
    service: LabelName = "service"
    component: LabelName = "component"


class Paging(Noun):
    """The paging file. `link` is where people reach control's pages, for the link in each page."""

    paging: Literal[1] = 1
    link: Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$", max_length=2048)] | None = None
    people: Annotated[dict[Name, Person], Field(min_length=1, max_length=PEOPLE_MAX)]
    teams: Annotated[dict[Name, Team], Field(min_length=1, max_length=TEAMS_MAX)]
    policies: Annotated[dict[Name, EscalationPolicy], Field(max_length=100)] = Field(default_factory=dict)
    impacts: dict[Impact, Loudness] = Field(default_factory=lambda: {Impact.NONE: Loudness.EMAIL})
    drills: Flag = False
    """Page for drills too."""
    heartbeat: Heartbeat | None = None
    alerts: AlertLabels = AlertLabels()

    @property
    def default_team(self) -> str:
        """The team that answers for what no other does."""
        return next((name for name, team in self.teams.items() if team.default), next(iter(self.teams)))

    def find_policy(self, team: str) -> EscalationPolicy:
        """How a team is escalated to."""
        named = self.teams[team].policy
        return self.policies[named] if named is not None else EscalationPolicy()
