"""A small SQLite file of resources, written behind what it follows and never in its way."""

import asyncio
import logging
import sqlite3
from pathlib import Path

from holdfast.model.resource import Resource, ResourceKey, ResourceType, Snapshot, SnapshotDelta

_log = logging.getLogger(__name__)
_RETRY_S = 1.0
_SCHEMA = "CREATE TABLE IF NOT EXISTS resource (type TEXT, name TEXT, body BLOB NOT NULL, PRIMARY KEY (type, name))"


class LastGoodStore:
    """Keeps the latest version of every resource. One writer; what comes while it writes is written together.

    A file that can't be read is put aside and begun anew: an edge without memory still serves once control
    is there. A full disk is reported and tried again; it never holds up a change.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._dirty: dict[ResourceKey, Resource | None] = {}
        self._wake = asyncio.Event()
        self._connection = _open(path)

    def load(self) -> Snapshot:
        """All that was kept, but for types that only a newer version knows."""
        rows = self._connection.execute("SELECT type, name, body FROM resource")
        known = {t.value for t in ResourceType}
        resources = (Resource.of(ResourceType(t), name, body) for t, name, body in rows if t in known)
        return {r.key: r for r in resources}

    def note(self, delta: SnapshotDelta) -> None:
        """Keep this soon; returns at once."""
        self._dirty.update((r.key, r) for r in delta.upserts)
        self._dirty.update(dict.fromkeys(delta.removals))
        self._wake.set()

    async def run(self) -> None:
        """Write what was noted, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._dirty = self._dirty, {}
            try:
                await asyncio.to_thread(self._write, batch)
            except sqlite3.Error as error:
                _log.warning("the last good configuration can't be kept now (%s); it is tried again", error)
                self._dirty = batch | self._dirty
                self._wake.set()
                await asyncio.sleep(_RETRY_S)

    def flush(self) -> None:
        """Write what was noted, now."""
        batch, self._dirty = self._dirty, {}
        self._write(batch)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _write(self, batch: dict[ResourceKey, Resource | None]) -> None:
        with self._connection as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO resource VALUES (?, ?, ?)",
                [(k.type.value, k.name, r.body) for k, r in batch.items() if r],
            )
            connection.executemany(
                "DELETE FROM resource WHERE type = ? AND name = ?",
                [(k.type.value, k.name) for k, r in batch.items() if r is None],
            )


def _open(path: Path) -> sqlite3.Connection:
    try:
        return _connect(path)
    except sqlite3.DatabaseError:
        aside = path.with_suffix(".unreadable")
        path.replace(aside)
        _log.warning("the last good configuration can't be read; it was put aside as %s", aside)
        return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(_SCHEMA)
    if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
        connection.close()
        raise sqlite3.DatabaseError("the file is damaged")
    return connection
