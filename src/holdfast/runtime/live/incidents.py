"""Incidents as the console watches them: at once, whatever the journal's reading takes."""

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol

from holdfast.model.incident import IncidentId
from holdfast.runtime.control import Control
from holdfast.runtime.incidents.incident_operations import IncidentOperations
from holdfast.runtime.incidents.promise_operations import FollowUpOperations, MaintenanceOperations
from holdfast.views.follow_ups import FollowUpsDocument
from holdfast.views.incident_pages import IncidentPage, PublicPlacesDocument, show_public_places
from holdfast.views.incidents import IncidentsDocument, TimelineDocument
from holdfast.views.maintenance import MaintenancesDocument
from holdfast.views.paging import OnCallDocument

READ_MAX: Final = 50
"""Timelines whose beginnings are remembered."""


class Paging(Protocol):
    """What there is to see of paging."""

    def show(self) -> OnCallDocument:
        """Who is on call, and how paging is."""


@dataclass(frozen=True, slots=True)
class IncidentParts:
    """What there is to look at."""

    incidents: IncidentOperations
    follow_ups: FollowUpOperations
    maintenance: MaintenanceOperations
    paging: Paging


@dataclass(slots=True)
class _Read:
    """What the journal said up to a sequence number; nothing while it is asked."""

    until: int
    timeline: TimelineDocument | None = None


class LiveIncidents:
    """`adapters.console.incident_port.IncidentSource` over a running control. Belongs to control's event loop."""

    def __init__(self, control: Control, parts: IncidentParts) -> None:
        self._control = control
        self._parts = parts
        self._read: dict[IncidentId, _Read] = {}
        """What the journal said of incidents that began before what control remembers."""
        self._reading: set[asyncio.Task[None]] = set()

    def incidents(self, resolved_max: int) -> IncidentsDocument:
        """Open incidents, and so many resolved ones."""
        return self._parts.incidents.list_all(resolved_max)

    def incident(self, id_: IncidentId) -> IncidentPage | None:
        """One incident with its timeline, if it is remembered."""
        document = self._parts.incidents.glance(id_)
        timeline = self._parts.incidents.glance_timeline(id_)
        if document is None or timeline is None:
            return None
        return IncidentPage(document=document, timeline=timeline if timeline.whole else self._complete(timeline))

    def follow_ups(self) -> FollowUpsDocument:
        """Everything promised."""
        return self._parts.follow_ups.list_all(None, only_open=False)

    def maintenances(self) -> MaintenancesDocument:
        """Announced work."""
        return self._parts.maintenance.list_all()

    def on_call(self) -> OnCallDocument:
        """Who is on call, and how paging is."""
        return self._parts.paging.show()

    def public_places(self) -> PublicPlacesDocument:
        """The components and regions that the public knows."""
        intent = self._control.intent
        return show_public_places(intent.platform if intent else None)

    def _complete(self, newest: TimelineDocument) -> TimelineDocument:
        """With the beginning that the journal was asked for, once it has answered."""
        recent = self._control.recent
        read = self._read.get(newest.id)
        if read is None or read.until < recent[0].sequence - 1:
            while len(self._read) >= READ_MAX:
                self._read.pop(next(iter(self._read)))
            read = self._read[newest.id] = _Read(recent[-1].sequence)
            task = asyncio.ensure_future(self._ask(newest.id, read))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)
        if read.timeline is None:
            return newest
        first = recent[0].sequence
        older = tuple(each for each in read.timeline.entries if each.sequence is not None and each.sequence < first)
        return read.timeline.model_copy(update={"entries": (*older, *newest.entries)})

    async def _ask(self, id_: IncidentId, read: "_Read") -> None:
        read.timeline = await self._parts.incidents.show_timeline(id_, everything=False)
