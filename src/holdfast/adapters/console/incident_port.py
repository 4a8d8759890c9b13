"""What the console needs of control about incidents, promises and announced work."""

from dataclasses import dataclass
from typing import Protocol

from holdfast.model.follow_up import FollowUpId
from holdfast.model.incident import IncidentId
from holdfast.model.maintenance import MaintenanceId
from holdfast.model.postmortem import PostmortemFormat
from holdfast.model.refusal import Refusal
from holdfast.views.follow_ups import FollowUpDocument, FollowUpsDocument
from holdfast.views.incident_pages import IncidentPage, PublicPlacesDocument
from holdfast.views.incidents import IncidentDocument, IncidentsDocument
from holdfast.views.incidents_wanted import (
    FollowUpChangeWanted,
    FollowUpWanted,
    IncidentChangeWanted,
    IncidentWanted,
    MaintenanceChangeWanted,
    MaintenanceWanted,
    PostWanted,
    PublishWanted,
)
from holdfast.views.maintenance import MaintenanceDocument, MaintenancesDocument
from holdfast.views.paging import OnCallDocument


class IncidentSource(Protocol):
    """What is known now; answers are ready at once, see `port.LiveSource`."""

    def incidents(self, resolved_max: int) -> IncidentsDocument:
        """Open incidents, and so many resolved ones."""

    def incident(self, id_: IncidentId) -> IncidentPage | None:
        """One incident with its timeline, if it is remembered."""

    def follow_ups(self) -> FollowUpsDocument:
        """Everything promised."""

    def maintenances(self) -> MaintenancesDocument:
        """Announced work."""

    def on_call(self) -> OnCallDocument:
        """Who is on call, and how paging is."""

    def public_places(self) -> PublicPlacesDocument:
        """The components and regions that the public knows."""


class IncidentCommands(Protocol):
    """What people do about incidents. `author` is the name on their token."""

    async def open(self, author: str, wanted: IncidentWanted) -> IncidentDocument | Refusal:
        """Open an incident."""

    async def change(self, author: str, id_: IncidentId, wanted: IncidentChangeWanted) -> IncidentDocument | Refusal:
        """Change what is known of an incident; resolve it, or open it again."""

    async def acknowledge(self, author: str, id_: IncidentId) -> IncidentDocument | Refusal:
        """Say that one works on it."""

    async def note(self, author: str, id_: IncidentId, text: str) -> IncidentDocument | Refusal:
        """Write something down for those who work on it."""

    async def say(self, author: str, id_: IncidentId, wanted: PostWanted) -> IncidentDocument | Refusal:
        """Publish a public word, or write one that waits for somebody to publish it."""

    async def publish(
        self, author: str, id_: IncidentId, number: int, wanted: PublishWanted
    ) -> IncidentDocument | Refusal:
        """Publish a draft."""

    async def discard(self, author: str, id_: IncidentId, number: int) -> IncidentDocument | Refusal:
        """Throw a draft away."""


class FollowUpCommands(Protocol):
    """What people do about promises."""

    async def add(self, author: str, wanted: FollowUpWanted) -> FollowUpDocument | Refusal:
        """Promise something after an incident."""

    async def change(self, author: str, id_: FollowUpId, wanted: FollowUpChangeWanted) -> FollowUpDocument | Refusal:
        """Change a promise: keep it, or give it up."""


class MaintenanceCommands(Protocol):
    """What people do about announced work."""

    async def announce(self, author: str, wanted: MaintenanceWanted) -> MaintenanceDocument | Refusal:
        """Announce work."""

    async def change(
        self, author: str, id_: MaintenanceId, wanted: MaintenanceChangeWanted
    ) -> MaintenanceDocument | Refusal:
        """Change announced work; begin it, end it, cancel it."""


class PostmortemDocuments(Protocol):
    """Postmortems, written."""

    async def render(self, id_: IncidentId, form: PostmortemFormat, *, public: bool = False) -> str | Refusal:
        """One of them, for those who work on it or for everybody."""


@dataclass(frozen=True, slots=True)
class IncidentDesk:
    """All that may be done about incidents, and what follows from them."""

    incidents: IncidentCommands
    follow_ups: FollowUpCommands
    maintenance: MaintenanceCommands
    postmortems: PostmortemDocuments
