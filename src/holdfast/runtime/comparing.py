"""What each revision says otherwise than the one before, as far as anybody asked: reading large texts takes a while."""

import asyncio
from collections.abc import Mapping
from typing import Final

from holdfast.model.intent import Intent
from holdfast.model.ports import JournalCorrupt, JournalUnavailable
from holdfast.model.revision import ContentHash, RevisionNumber
from holdfast.model.rollout import Cohorts
from holdfast.rollout.changes import find_changes
from holdfast.runtime.change_book import ChangeBook
from holdfast.runtime.control import Control
from holdfast.runtime.plan_document import show_changes
from holdfast.views.plan import ChangesDocument, ServiceChangeDocument

KEPT_MAX: Final = 50
EDITED_MAX: Final = 1_000
"""Services of which it is kept what exactly is otherwise; of all others only that something is."""
EDITS_MAX: Final = 50
SMALL_CHARACTERS_MAX: Final = 512 * 1024
"""Texts up to this are compared without being asked for: reading one takes a fraction of a second."""


class RevisionComparer:
    """Compares the texts of revisions, in a thread and one at a time. Belongs to control's event loop."""

    def __init__(self, control: Control, book: ChangeBook) -> None:
        self.changes: dict[RevisionNumber, ChangesDocument] = {}
        """By the newer revision."""
        self.cohorts: dict[ContentHash, tuple[tuple[str, ...], ...]] = {}
        self.learned = 0
        """How often anything was found out."""
        self._control = control
        self._book = book
        self._failed: set[RevisionNumber] = set()
        self._long: set[RevisionNumber] = set()
        self._busy = asyncio.Lock()

    async def compare(self, number: RevisionNumber, characters_max: int | None = None) -> ChangesDocument | None:
        """What a revision says otherwise than the one that was in force; None if that can't be told, or is too long."""
        async with self._busy:
            is_hopeless = number in self._failed or (characters_max is not None and number in self._long)
            if number in self.changes or is_hopeless or number not in self._book.revisions:
                return self.changes.get(number)
            known = self._know_intents()
            try:
                found = await asyncio.to_thread(self._compare, number, characters_max, known)
            except (KeyError, ValueError, JournalUnavailable, JournalCorrupt):
                self._failed.add(number)
                return None
            if found is None:
                self._long.add(number)
                return None
            self.learned += 1
            self.changes[number] = found
            self.changes = dict(list(self.changes.items())[-KEPT_MAX:])
            return found

    async def load_cohorts(self, number: RevisionNumber) -> None:
        """Have the services of a rollout's waves known."""
        content = self._book.cohorts.get(number)
        if content is None or content in self.cohorts:
            return
        try:
            text = await asyncio.to_thread(self._control.world.journal.load_text, content)
            self.cohorts[content] = Cohorts.model_validate_json(text).cohorts
            self.learned += 1
        except (KeyError, ValueError, JournalUnavailable, JournalCorrupt):
            return
        self.cohorts = dict(list(self.cohorts.items())[-KEPT_MAX:])

    def _know_intents(self) -> Mapping[RevisionNumber, Intent]:
        """Those that needn't be read from their texts."""
        staged = (self._control.publisher.base, self._control.publisher.coming)
        return {each.number: each.intent for each in staged if each is not None}

    def _compare(
        self, number: RevisionNumber, characters_max: int | None, known: Mapping[RevisionNumber, Intent]
    ) -> ChangesDocument | None:
        base, new = self._book.bases.get(number), self._read(number, characters_max, known)
        if new is None:
            return None
        if base is None:
            return _show_all(new)
        old = self._read(base, characters_max, known)
        return None if old is None else _bound(show_changes(find_changes(old, new)))

    def _read(
        self, number: RevisionNumber, characters_max: int | None, known: Mapping[RevisionNumber, Intent]
    ) -> Intent | None:
        """A revision's platform; None if its text is too long. KeyError or ValueError if there is none to be read."""
        if number in known:
            return known[number]
        revision = self._book.revisions[number]
        text = self._control.world.journal.load_text(revision.content)
        if characters_max is not None and len(text) > characters_max:
            return None
        platform = self._control.world.reader.check(text, revision.file).platform
        if platform is None:
            raise ValueError(f"the text of revision {number} doesn't pass the checks of this version")
        return Intent(platform)


def _show_all(intent: Intent) -> ChangesDocument:
    """The first revision: every service is new."""
    added = (
        ServiceChangeDocument(service=name, tenant=owned.tenant, kind="added", edits=())
        for name, owned in intent.services.items()
    )
    return ChangesDocument(services=tuple(added))


def _bound(changes: ChangesDocument) -> ChangesDocument:
    services = tuple(_shorten(each, EDITS_MAX if i < EDITED_MAX else 0) for i, each in enumerate(changes.services))
    return ChangesDocument(services=services, shared=changes.shared[:EDITED_MAX])


def _shorten(change: ServiceChangeDocument, edits_max: int) -> ServiceChangeDocument:
    return change.model_copy(update={"edits": change.edits[:edits_max]})
