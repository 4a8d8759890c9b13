"""One connection to the store's file, for whoever asks next."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Final

from sqlalchemy import Connection, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError

BUSY_TIMEOUT_MS: Final = 5_000
AHEAD_BYTES_MAX: Final = 8 * 2**20


class AccountsUnavailable(Exception):
    """The store can't be read or written now."""


class Database:
    """A SQLite file (mode 0600) with one connection, used by any thread, one at a time."""

    def __init__(self, path: Path) -> None:
        with _translate():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        self.path = path
        self._lock = RLock()
        self._engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"check_same_thread": False})
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)
        self._open: Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing of what is done in the block. Raises AccountsUnavailable."""
        with self._lock, _translate():
            try:
                if self._open is None:
                    self._open = self._engine.connect()
                with self._open.begin():
                    yield self._open
            except DBAPIError:
                self.close()
                raise

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            connection, self._open = self._open, None
            if connection is not None:
                connection.invalidate()
                connection.close()


@contextmanager
def _translate() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, sqlite3.Error, OSError) as error:
        raise AccountsUnavailable(str(error)) from error


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    pragmas = ("auto_vacuum=INCREMENTAL", "journal_mode=WAL", "synchronous=NORMAL")
    bounds = (f"busy_timeout={BUSY_TIMEOUT_MS}", f"journal_size_limit={AHEAD_BYTES_MAX}")
    for pragma in (*pragmas, *bounds):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
