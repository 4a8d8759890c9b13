"""Those who are told of published incidents and announced work, and what they are told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Final, Protocol

from pydantic import StringConstraints

from holdfast.model.incident import Impact
from holdfast.model.letter import Channel

SubscriberId = Annotated[str, StringConstraints(pattern=r"^s-[0-9a-f]{16}$")]
"""`s-0123456789abcdef`: by chance, so that it tells nothing."""
ADDRESS_CHARACTERS_MAX: Final = 2_000
CHOICES_MAX: Final = 200
"""Components, and regions, that somebody may choose."""


class SubscribersUnavailable(Exception):
    """Subscribers can't be kept, or read, now: the disk is full, say. Trying again may help."""


@dataclass(frozen=True, slots=True)
class Interest:
    """What somebody wants to be told of; none: everything."""

    components: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suspension:
    """Since when somebody isn't told any more (Unix time, in seconds), and what their address answered."""

    at: float
    why: str


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody who said themselves, by what is only sent to them, that they want to be told. Time: Unix, in seconds.

    Whoever is suspended is told again once they confirm again.
    """

    id: SubscriberId
    channel: Channel
    interest: Interest
    confirmed_at: float
    suspension: Suspension | None = None


class NoticeStatus(StrEnum):
    """What happened, in Statuspage's words, and those that it lacks."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    SCHEDULED = "scheduled"
    RESCHEDULED = "rescheduled"
    REMINDER = "reminder"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class NoticeUpdate:
    """A published word. Time: Unix, in seconds."""

    number: int
    status: NoticeStatus
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that subscribers are told. All its texts are clean: printable, and the title one line.

    `updates` are all published words about it so far, oldest first, the last being what is new. Announced work has a
    window from `begins_at` to `ends_at` (Unix times, in seconds), incidents have none.
    """

    key: str
    about: str
    """The incident's or the maintenance's id."""
    title: str
    impact: Impact
    updates: tuple[NoticeUpdate, ...]
    interest: Interest
    opened_at: float
    resolved_at: float | None = None
    begins_at: float | None = None
    ends_at: float | None = None

    @property
    def news(self) -> NoticeUpdate:
        """What is new."""
        return self.updates[-1]


@dataclass(frozen=True, slots=True)
class SubscribedSite:
    """The status site: what it and its components and regions are called, by name, and where it is.

    Links in letters begin with `subscribe_url`. Without `url` nobody can be sent to the site itself.
    """

    name: str
    title: str
    subscribe_url: str
    url: str | None = None
    support_url: str | None = None
    components: Mapping[str, str] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)


class Asked(StrEnum):
    """What came of asking to be told. Whether the address was known before, nobody is told."""

    TAKEN = "taken"
    MALFORMED = "malformed"
    TOO_MANY = "too_many"
    """Now; later it may be taken."""


class SubscriptionDesk(Protocol):
    """What anybody may ask for without a credential. SubscribersUnavailable if it can't be done now."""

    def find_site(self) -> SubscribedSite | None:
        """What may be subscribed to; None where there is no status site with a page for subscribers."""

    async def ask(self, address: str, interest: Interest) -> Asked:
        """Ask to be told at an e-mail address or a webhook's URL. It counts once it is confirmed from there."""

    async def is_open(self, token: str) -> bool:
        """Whether this link would still confirm something."""

    async def confirm(self, token: str) -> bool:
        """Confirm what was asked for; False if the link isn't one, was used, or is too old."""

    async def unsubscribe(self, token: str) -> None:
        """Forget the subscriber that this link belongs to, if there is one."""


@dataclass(frozen=True, slots=True)
class SubscriberFigures:
    """How many are told, by channel kind, how many asked and didn't confirm yet, and how many are suspended."""

    subscribers: Mapping[str, int] = field(default_factory=dict)
    asked: int = 0
    suspended: int = 0
