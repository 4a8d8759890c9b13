"""What edges were given of the revision in force, byte for byte: for a version of Holdfast that compiles otherwise."""

import logging
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from holdfast.adapters.last_good import LastGoodStore
from holdfast.model.resource import Snapshot, SnapshotDelta
from holdfast.model.revision import RevisionNumber

LOG = logging.getLogger(__name__)


class KeptSnapshots:
    """One file for each location, named for the revision; what is of another revision is put away.

    Nothing depends on it but how an upgrade goes: without it, a new version's bytes go to everybody at once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, number: RevisionNumber, locations: Collection[str]) -> Mapping[str, Snapshot] | None:
        """What was kept of a revision; None if not all of it was."""
        paths = {location: self._find(number, location) for location in locations}
        if not all(path.exists() for path in paths.values()):
            return None
        try:
            return {location: _load(path) for location, path in paths.items()}
        except (sqlite3.Error, OSError) as error:
            LOG.warning("what edges have of revision %s can't be read: %s", number, error)
            return None

    def list_changed(self, number: RevisionNumber) -> frozenset[str]:
        """The services of a revision whose owners chose otherwise since it was kept."""
        try:
            return frozenset(self._find_changed(number).read_text().split())
        except OSError:
            return frozenset()

    def note_changed(self, number: RevisionNumber, services: Iterable[str]) -> None:
        """Remember that what is kept of these services isn't what edges have any more."""
        known = self.list_changed(number)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._find_changed(number).open("a") as file:
                file.writelines(f"{name}\n" for name in services if name not in known)
        except OSError as error:
            LOG.warning("what edges have of revision %s can't be kept: %s", number, error)

    def save(self, number: RevisionNumber, snapshots: Mapping[str, Snapshot]) -> None:
        """Keep a revision's, in place of any other. What can't be written is told of, and nothing else."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for location, snapshot in snapshots.items():
                unfinished = self._folder / f"{location}.unfinished"
                unfinished.unlink(missing_ok=True)
                _save(unfinished, snapshot)
                unfinished.replace(self._find(number, location))
            for path in self._folder.iterdir():
                if not path.name.startswith(f"{number}."):
                    path.unlink()
        except (sqlite3.Error, OSError) as error:
            LOG.warning("what edges have of revision %s can't be kept: %s", number, error)

    def _find_changed(self, number: RevisionNumber) -> Path:
        return self._folder / f"{number}.changed"

    def _find(self, number: RevisionNumber, location: str) -> Path:
        return self._folder / f"{number}.{location}.db"


def _load(path: Path) -> Snapshot:
    store = LastGoodStore(path)
    try:
        return store.load()
    finally:
        store.close()


def _save(path: Path, snapshot: Snapshot) -> None:
    store = LastGoodStore(path)
    try:
        store.note(SnapshotDelta(tuple(snapshot.values())))
        store.flush()
    finally:
        store.close()
