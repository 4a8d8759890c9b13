"""What people may see of promises after incidents and of announced work and do about them, on a running control."""

from typing import Final

from holdfast.engine.incident_command import SetFollowUp, SetMaintenance
from holdfast.incidents.maintenance import is_muted
from holdfast.model.day import find_day
from holdfast.model.follow_up import FollowUpId
from holdfast.model.incident_event import FollowUpSet, MaintenanceSet
from holdfast.model.maintenance import Maintenance, MaintenanceId
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.runtime.control import Control
from holdfast.views.follow_ups import FollowUpDocument, FollowUpsDocument, is_open, show_follow_up, show_follow_ups
from holdfast.views.incidents_wanted import (
    FollowUpChangeWanted,
    FollowUpWanted,
    MaintenanceChangeWanted,
    MaintenanceWanted,
)
from holdfast.views.maintenance import MaintenanceDocument, MaintenancesDocument, show_maintenances

RECORD_S: Final = 2.0


class FollowUpOperations:
    """Everything about promises that the API offers."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def list_all(self, incident: str | None, *, only_open: bool) -> FollowUpsDocument:
        """Promises of one incident or of all."""
        known = self._control.state.follow_ups.values()
        wanted = [f for f in known if incident in {None, f.incident} and (is_open(f) or not only_open)]
        return show_follow_ups(wanted, find_day(self._control.world.clock()))

    async def add(self, author: str, wanted: FollowUpWanted) -> FollowUpDocument | Refusal:
        """Promise something after an incident."""
        return await self._decide(SetFollowUp(author, **dict(wanted)))

    async def change(self, author: str, id_: FollowUpId, wanted: FollowUpChangeWanted) -> FollowUpDocument | Refusal:
        """Change a promise: keep it, or give it up."""
        asked = dict(wanted)
        return await self._decide(SetFollowUp(author, id=id_, why=asked.pop("reason"), **asked))

    async def _decide(self, command: SetFollowUp) -> FollowUpDocument | Refusal:
        ticket = await self._control.submit(command, RECORD_S)
        if ticket.refusal is not None:
            return ticket.refusal
        made = next((e.follow_up for e in ticket.events if isinstance(e, FollowUpSet)), None)
        if made is None:
            return Refusal(RefusalCode.FAILED, "what was promised can't be shown")
        return show_follow_up(made, find_day(self._control.world.clock()))


class MaintenanceOperations:
    """Everything about announced work that the API offers."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def list_all(self) -> MaintenancesDocument:
        """All windows that are remembered."""
        windows = self._control.state.maintenances.values()
        return show_maintenances([self._show(each) for each in windows], self._control.world.clock())

    async def announce(self, author: str, wanted: MaintenanceWanted) -> MaintenanceDocument | Refusal:
        """Announce work."""
        return await self._decide(SetMaintenance(author, **dict(wanted)))

    async def change(
        self, author: str, id_: MaintenanceId, wanted: MaintenanceChangeWanted
    ) -> MaintenanceDocument | Refusal:
        """Change announced work; begin it, end it, cancel it."""
        asked = dict(wanted)
        return await self._decide(SetMaintenance(author, id_, why=asked.pop("reason"), **asked))

    async def _decide(self, command: SetMaintenance) -> MaintenanceDocument | Refusal:
        ticket = await self._control.submit(command, RECORD_S)
        if ticket.refusal is not None:
            return ticket.refusal
        made = next((e.maintenance for e in ticket.events if isinstance(e, MaintenanceSet)), None)
        return self._show(made) if made else Refusal(RefusalCode.FAILED, "what was announced can't be shown")

    def _show(self, window: Maintenance) -> MaintenanceDocument:
        now, records = self._control.world.clock(), self._control.state.incidents.values()
        opened = (record.incident for record in records if record.incident.is_open)
        return MaintenanceDocument(
            maintenance=window, muted=tuple(each.id for each in opened if is_muted(each, [window], now))
        )
