"""What is whole of a corrupt journal: the events before the first bad row, and every text that is what it was."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from holdfast.adapters.journal.chain import Row, open_rows
from holdfast.adapters.journal.sql_journal import SqlJournal, unpack_text
from holdfast.model.event import Event
from holdfast.model.ports import JournalCorrupt


@dataclass(frozen=True, slots=True)
class Salvaged:
    """How much was whole, and where the rest is kept."""

    events: int
    texts: int
    corrupt: Path


def salvage_journal(path: Path) -> Salvaged | None:
    """Put a new journal in the place of a corrupt one, which is kept beside it; None if it is whole.

    Nobody else may have it open. Raises JournalFromNewerVersion or JournalUnavailable, and changes nothing then.
    """
    if _is_whole(path):
        return None
    with closing(sqlite3.connect(path)) as old:
        events, texts = list(_read_events(old)), list(_read_texts(old))
    corrupt = _set_aside(path)
    with closing(SqlJournal(path)) as new:
        for text in texts:
            new.keep_text(text)
        new.append(events)
    return Salvaged(len(events), len(texts), corrupt)


def _is_whole(path: Path) -> bool:
    try:
        with closing(SqlJournal(path)) as journal:
            journal.read()
    except JournalCorrupt:
        return False
    return True


def _set_aside(path: Path) -> Path:
    corrupt = next(p for i in range(1, 10_000) if not (p := path.with_name(f"{path.name}.corrupt-{i}")).exists())
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(corrupt.with_name(corrupt.name + suffix))
    return corrupt


def _read_events(old: sqlite3.Connection) -> Iterator[Event]:
    with suppress(JournalCorrupt, sqlite3.DatabaseError, json.JSONDecodeError):
        rows = old.execute("SELECT sequence, at, type, version, body, digest FROM events ORDER BY sequence")
        for recorded in open_rows(Row(*row) for row in rows):
            yield recorded.event


def _read_texts(old: sqlite3.Connection) -> Iterator[str]:
    with suppress(sqlite3.DatabaseError):
        for content, body in old.execute("SELECT hash, body FROM texts"):
            with suppress(JournalCorrupt, TypeError):
                yield unpack_text(content, body)
