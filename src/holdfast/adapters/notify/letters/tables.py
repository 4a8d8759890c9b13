"""An outbox's tables, and a connection to them whose every commit is durable."""

import contextlib
import logging
import os
import sqlite3
import time
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Connection, Float, Index, Integer, MetaData, NullPool, Table, Text, create_engine, event
from sqlalchemy.exc import DBAPIError

from holdfast.model.letter import OutboxUnavailable

LOG: Final = logging.getLogger(__name__)
VERSION: Final = 1
METADATA: Final = MetaData()
LETTERS: Final = Table(
    "letters",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("put_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("error", Text),
    Index("settled", "status", "changed_at"),
)
"""Every letter whose key is remembered. Nothing in it says who the letter is for."""
CONTENTS: Final = Table(
    "contents",
    METADATA,
    Column("sequence", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text),
    Column("headers", Text, nullable=False),
    Column("body", Text),
    Column("not_after", Float, nullable=False),
    Column("put_at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Index("next", "kind", "due_at", "sequence"),
    Index("targets", "address"),
    Index("deadlines", "not_after"),
)
"""What those that wait say, and to whom: erased as soon as they don't wait any more."""
REFUSALS: Final = Table(
    "refusals",
    METADATA,
    Column("owner", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("first_at", Float, nullable=False),
    Column("latest_at", Float, nullable=False),
    Column("error", Text, nullable=False),
)
"""Who refused the latest letters for good. `owner` is what their keys say before the first colon."""
_CORRUPT: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "busy_timeout=5000")


def open_connection(path: Path) -> Connection:
    """A connection to an outbox that only its owner can read; OutboxUnavailable if it can't be had now.

    A damaged file is put aside, and another begun: what waited in it is lost, but not what comes after.
    """
    try:
        return _open(path)
    except (DBAPIError, sqlite3.Error) as error:
        if not _is_damage(error):
            raise OutboxUnavailable(str(getattr(error, "orig", error))) from error
    except OSError as error:
        raise OutboxUnavailable(error.strerror or str(error)) from error
    aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
    LOG.error("%s is damaged: it is put aside as %s, and what waited in it isn't sent", path, aside)
    try:
        _put_aside(path, aside)
        return _open(path)
    except (DBAPIError, sqlite3.Error, OSError) as error:
        raise OutboxUnavailable(f"{path.name} is damaged, and can't be put aside") from error


def _open(path: Path) -> Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    connection = engine.connect()
    try:
        _check(connection)
        with connection.begin():
            METADATA.create_all(connection)
    except BaseException:
        connection.invalidate()
        connection.close()
        raise
    return connection


def _check(connection: Connection) -> None:
    with connection.begin():
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if version not in (0, VERSION):
            raise OutboxUnavailable(f"the outbox has version {version}; this Holdfast understands {VERSION}")
        answer = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if answer != "ok":
            raise sqlite3.DatabaseError(_DAMAGE)
        connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")


_DAMAGE: Final = "a page is damaged"


def _is_damage(error: Exception) -> bool:
    cause = getattr(error, "orig", error)
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _CORRUPT or str(cause) == _DAMAGE


def _put_aside(path: Path, aside: Path) -> None:
    path.replace(aside)
    for end in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + end).unlink()


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
