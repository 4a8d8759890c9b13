"""Rows sealed one by one, each over the one before it, so that a changed or missing row is seen."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Final

from holdfast.model.event import EVENT, Event
from holdfast.model.ports import JournalCorrupt, Recorded
from holdfast.model.upgrade import read_event

START: Final = "0" * 64
"""The digest before the first row."""


@dataclass(frozen=True, slots=True)
class Row:
    """An event as it is stored."""

    sequence: int
    at: float
    type: str
    version: int
    body: str
    digest: str

    def values(self) -> dict[str, Any]:
        """The row by column."""
        return asdict(self)


def seal_events(events: Sequence[Event], sequence: int, digest: str) -> Iterator[Row]:
    """Rows for events that come after row `sequence`, whose digest is `digest`."""
    for event in events:
        sequence += 1
        body = EVENT.dump_json(event).decode()
        digest = _seal(digest, sequence, body)
        yield Row(sequence, event.at, event.type, event.version, body, digest)


def open_rows(rows: Iterable[Row], sequence: int = 0, digest: str = START) -> Iterator[Recorded]:
    """Events out of the rows that come after row `sequence`, whose digest is `digest`.

    Raises JournalCorrupt where a row isn't what was sealed, JournalFromNewerVersion where it can't be understood.
    """
    for row in rows:
        sequence += 1
        digest = _seal(digest, sequence, row.body)
        if row.sequence != sequence or row.digest != digest:
            raise JournalCorrupt(f"row {sequence} is not what was written; the {sequence - 1} before it are whole")
        yield Recorded(sequence, read_event(json.loads(row.body)))


def _seal(digest: str, sequence: int, body: str) -> str:
    return sha256(f"{digest}\n{sequence}\n{body}".encode()).hexdigest()
