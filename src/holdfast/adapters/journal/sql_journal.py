"""The journal: sealed rows, one writer, all or none of a batch."""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from holdfast.adapters.journal.chain import START, Row, open_rows, seal_events
from holdfast.adapters.journal.migration import migrate
from holdfast.adapters.journal.schema import EVENTS, TEXTS
from holdfast.adapters.journal.sqlite import check_integrity, open_engine, translate_errors
from holdfast.model.event import Event
from holdfast.model.ports import JournalCorrupt, Recorded

READ_ROWS: Final = 1_000
"""Rows fetched at a time."""


class SqlJournal:
    """`model.ports.Journal` on a SQLite file (mode 0600), for any thread, one at a time.

    Opening it checks every page, reading it every row. Both raise JournalCorrupt, JournalFromNewerVersion or
    JournalUnavailable, and so does everything else.
    """

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self._engine = open_engine(path)
        self._open: Connection | None = None
        self._sequence, self._digest = 0, START
        self._checked = False
        with self._transaction() as connection:
            check_integrity(connection)
            migrate(connection)
            last = select(EVENTS.c.sequence, EVENTS.c.digest).order_by(EVENTS.c.sequence.desc()).limit(1)
            for row in connection.execute(last):
                self._sequence, self._digest = row.sequence, row.digest
        self._checked = True

    def read(self, after: int = 0) -> Sequence[Recorded]:
        """Every event after a sequence number, oldest first."""
        with self._transaction() as connection:
            before = connection.execute(select(EVENTS.c.digest).where(EVENTS.c.sequence == after)).scalar()
            wanted = select(EVENTS).where(EVENTS.c.sequence > after).order_by(EVENTS.c.sequence)
            rows = connection.execution_options(yield_per=READ_ROWS).execute(wanted)
            return list(open_rows((Row(*row) for row in rows), after, before or START))

    def append(self, events: Sequence[Event]) -> None:
        """Make events durable, in order, all or none."""
        if not events:
            return
        with self._transaction() as connection:
            rows = list(seal_events(events, self._sequence, self._digest))
            connection.execute(insert(EVENTS), [row.values() for row in rows])
        self._sequence, self._digest = rows[-1].sequence, rows[-1].digest

    def keep_text(self, text: str) -> str:
        """Keep a text durably; its SHA-256 in hexadecimal."""
        content = sha256(text.encode()).hexdigest()
        with self._transaction() as connection:
            if connection.execute(select(TEXTS.c.hash).where(TEXTS.c.hash == content)).scalar() is None:
                connection.execute(insert(TEXTS).values(hash=content, body=zlib.compress(text.encode())))
        return content

    def load_text(self, content: str) -> str:
        """A kept text; KeyError if it isn't known."""
        with self._transaction() as connection:
            body = connection.execute(select(TEXTS.c.body).where(TEXTS.c.hash == content)).scalar()
        if body is None:
            raise KeyError(content)
        return unpack_text(content, body)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._disconnect()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._lock:
            try:
                with translate_errors():
                    connection = self._connect()
                    with connection.begin():
                        yield connection
            except BaseException:
                self._disconnect()
                raise

    def _connect(self) -> Connection:
        if self._open is None:
            self._open = self._engine.connect()
            if self._checked:
                self._drop_unacknowledged(self._open)
        return self._open

    def _drop_unacknowledged(self, connection: Connection) -> None:
        """Remove what a commit that failed may have left: SQLite finds whole frames of it again on reopening."""
        with connection.begin():
            last = connection.execute(select(func.max(EVENTS.c.sequence))).scalar()
            if last is not None and last > self._sequence:
                connection.execute(delete(EVENTS).where(EVENTS.c.sequence > self._sequence))

    def _disconnect(self) -> None:
        connection, self._open = self._open, None
        if connection is not None:
            connection.invalidate()
            connection.close()


def unpack_text(content: str, body: bytes) -> str:
    """A stored text; JournalCorrupt if it isn't the one that this hash names."""
    try:
        text = zlib.decompress(body)
    except zlib.error as error:
        raise JournalCorrupt(f"the platform text {content[:12]} can't be unpacked: {error}") from error
    if sha256(text).hexdigest() != content:
        raise JournalCorrupt(f"the platform text {content[:12]} is not what was written")
    return text.decode()
