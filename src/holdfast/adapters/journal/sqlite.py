"""One durable connection to a SQLite file, and what its errors mean."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from holdfast.model.ports import JournalCorrupt, JournalUnavailable

BUSY_TIMEOUT_MS: Final = 5_000
_CORRUPT: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def open_engine(path: Path) -> Engine:
    """An engine whose connections write ahead and make every commit durable.

    Keep one connection at a time: the SQLite that Python brings can lose a page when several write and checkpoint.
    """
    _make_private(path)
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def translate_errors() -> Iterator[None]:
    """JournalCorrupt or JournalUnavailable instead of the database's own errors."""
    try:
        yield
    except DBAPIError as error:
        raise _translate(error.orig) from error
    except (sqlite3.Error, OSError) as error:
        raise _translate(error) from error


def check_integrity(connection: Connection) -> None:
    """JournalCorrupt if a page of the file is damaged."""
    answer = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
    if answer != "ok":
        raise JournalCorrupt(str(answer).replace("\n", " "))


def _translate(error: BaseException | None) -> Exception:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _CORRUPT or "Could not decode" in str(error):
        return JournalCorrupt(str(error))
    return JournalUnavailable(str(error))


def _make_private(path: Path) -> None:
    with translate_errors():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT_MS}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
