"""Takes what another monitoring system says: opens, raises and resolves incidents."""

import hashlib
from collections.abc import Callable
from typing import Final

from holdfast.engine.incident_command import ChangeIncident, Incidents, NoteIncident, OpenIncident
from holdfast.incidents.alerts import (
    ALERT_INCIDENTS_MAX,
    AlertReading,
    count_open,
    find_open,
    is_taken_over,
    is_worse,
    read_alerts,
)
from holdfast.incidents.drafting_titles import make_public_title
from holdfast.incidents.paging_words import name_alert
from holdfast.model.alert import AlertGroup
from holdfast.model.incident import Occasion, Phase
from holdfast.model.paging import AlertLabels
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import IncidentRecord
from holdfast.runtime.control import Control
from holdfast.views.paging import AlertDocument

RECORD_S: Final = 2.0
PUBLIC_TITLE: Final = "A problem is being looked into"


class AlertDesk:
    """Whom Alertmanager speaks to. `find_labels` says what labels mean, and `knows_team` whether there is a team."""

    def __init__(
        self, control: Control, find_labels: Callable[[], AlertLabels], knows_team: Callable[[str], bool]
    ) -> None:
        self._control = control
        self._find_labels = find_labels
        self._knows_team = knows_team

    async def take(self, author: str, group: AlertGroup) -> AlertDocument | Refusal:
        """Do what a group of alerts asks for; the same again does nothing."""
        digest = hashlib.sha256(group.group_key.encode()).hexdigest()[:32]
        known = find_open(digest, self._control.state.incidents)
        if group.status == "resolved":
            return AlertDocument(incident=None, outcome="none") if known is None else await self._resolve(author, known)
        reading = self._read(group)
        return await (self._open(author, reading, digest) if known is None else self._raise(author, known, reading))

    def _read(self, group: AlertGroup) -> AlertReading:
        intent, now = self._control.intent, self._control.world.clock()
        status = intent.platform.status if intent else None
        services = intent.services if intent else {}
        return read_alerts(group, self._find_labels(), services, status.components if status else {}, now)

    async def _open(self, author: str, reading: AlertReading, digest: str) -> AlertDocument | Refusal:
        if count_open(self._control.state.incidents) >= ALERT_INCIDENTS_MAX:
            message = f"{ALERT_INCIDENTS_MAX} incidents of alerts are open, which is the most: resolve some"
            return Refusal(RefusalCode.INCIDENTS_FULL, message)
        team = reading.team if reading.team is not None and self._knows_team(reading.team) else None
        intent = self._control.intent
        title = make_public_title([], reading.components, (), intent.platform) if intent else PUBLIC_TITLE
        command = OpenIncident(
            author=author,
            title=reading.title,
            public_title=title,
            impact=reading.impact,
            occasion=Occasion.ALERT,
            began_at=reading.began_at,
            components=reading.components,
            services=reading.services,
            alert=name_alert(team, digest),
        )
        refusal = await self._submit(command)
        opened = find_open(digest, self._control.state.incidents)
        return refusal or AlertDocument(incident=opened.incident.id if opened else None, outcome="opened")

    async def _raise(self, author: str, known: IncidentRecord, reading: AlertReading) -> AlertDocument | Refusal:
        incident = known.incident
        if is_taken_over(known) or not is_worse(reading.impact, incident.impact):
            return AlertDocument(incident=incident.id, outcome="known")
        command = ChangeIncident(author, incident.id, "the alert is worse now", impact=reading.impact, leads=False)
        return await self._submit(command) or AlertDocument(incident=incident.id, outcome="raised")

    async def _resolve(self, author: str, known: IncidentRecord) -> AlertDocument | Refusal:
        incident = known.incident
        if is_taken_over(known):
            command: Incidents = NoteIncident(author, incident.id, "the alert that opened this is resolved")
            return await self._submit(command) or AlertDocument(incident=incident.id, outcome="noted")
        command = ChangeIncident(author, incident.id, "its alert is resolved", phase=Phase.RESOLVED, leads=False)
        return await self._submit(command) or AlertDocument(incident=incident.id, outcome="resolved")

    async def _submit(self, command: Incidents) -> Refusal | None:
        ticket = await self._control.submit(command, RECORD_S)
        return ticket.refusal
