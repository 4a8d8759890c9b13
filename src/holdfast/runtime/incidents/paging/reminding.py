"""Tells whoever is on call that the public waits: for a word that is due, or for a draft to be let out.

A reminder is a note on the incident's timeline; this brings it to a person, by the first of their channels. It is no
page: nobody is woken in turn, and no acknowledgement is waited for.
"""

import logging
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from holdfast.incidents.maintenance import is_muted
from holdfast.incidents.nagging import REMINDER
from holdfast.incidents.on_call import choose_team, make_finder
from holdfast.incidents.paging_words import read_alert_team, write_reminder
from holdfast.model.incident import IncidentId, IncidentNote
from holdfast.model.letter import Letter, Outbox, OutboxFull, OutboxUnavailable
from holdfast.model.paging import ON_CALL, Loudness
from holdfast.model.state import IncidentRecord, State
from holdfast.model.token import SYSTEM
from holdfast.runtime.control import Control
from holdfast.runtime.incidents.paging.pager import Book

LOG: Final = logging.getLogger(__name__)
LOOK_S: Final = 30.0
REMINDED_S: Final = 600.0
"""A reminder that is older isn't brought to anybody any more."""


class Reminders:
    """Belongs to control's event loop. What was brought is known by the letters' keys, over restarts too."""

    def __init__(self, control: Control, book: Book, outbox: Outbox) -> None:
        self._control = control
        self._book = book
        self._outbox = outbox

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            incidents = self._control.state.incidents
            await self.look()
            await self._control.until(partial(_is_other, incidents), LOOK_S)

    async def look(self) -> None:
        """Bring what was noted lately to whom it concerns."""
        letters = [letter for record in self._control.state.incidents.values() for letter in self._write(record)]
        if not letters:
            return
        try:
            await self._outbox.put(letters)
        except (OutboxUnavailable, OutboxFull) as error:
            LOG.warning("reminders can't be kept: %s", error)

    def _write(self, record: IncidentRecord) -> Iterator[Letter]:
        incident, state, now = record.incident, self._control.state, self._control.world.clock()
        if not incident.is_open or incident.drill or is_muted(incident, state.maintenances.values(), now):
            return
        notes = [note for note in record.notes if _is_reminder(note) and now - note.at < REMINDED_S]
        if not notes:
            return
        paging = self._book.paging
        team = choose_team(paging, read_alert_team(incident.alert), incident.services, incident.components)
        find = make_finder(paging, self._book.schedules, team, Loudness.PAGE)
        for note in notes:
            for person in find(ON_CALL, note.at):
                channel = person.channels[0]
                written = paging.people[person.person].channels[channel]
                yield write_reminder(incident, note, (person.person, channel), written)


def _is_reminder(note: IncidentNote) -> bool:
    return note.author == SYSTEM and note.text.startswith(REMINDER)


def _is_other(known: Mapping[IncidentId, IncidentRecord], state: State) -> bool:
    return state.incidents is not known
