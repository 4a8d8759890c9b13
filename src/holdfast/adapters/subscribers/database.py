"""The subscribers' tables, and one durable connection to them, for any thread, one at a time."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    NullPool,
    Table,
    Text,
    create_engine,
    event,
)
from sqlalchemy.exc import DBAPIError

from holdfast.model.subscriber import SubscribersUnavailable

VERSION: Final = 1
METADATA: Final = MetaData()
SUBSCRIBERS: Final = Table(
    "subscribers",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("components", Text, nullable=False),
    Column("regions", Text, nullable=False),
    Column("confirmed_at", Float, nullable=False),
    Index("addresses", "kind", "address", unique=True),
)
"""Those who confirmed."""
SUSPENSIONS: Final = Table(
    "suspensions",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("at", Float, nullable=False),
    Column("why", Text, nullable=False),
)
"""Those of them who aren't told any more, since their address is dead."""
ASKED: Final = Table(
    "asked",
    METADATA,
    Column("token", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("components", Text, nullable=False),
    Column("regions", Text, nullable=False),
    Column("asked_at", Float, nullable=False),
    Index("asked_addresses", "kind", "address"),
    Index("asked_times", "asked_at"),
)
"""Those who asked. `token` is a hash of what their link says."""
SECRETS: Final = Table(
    "secrets", METADATA, Column("name", Text, primary_key=True), Column("secret", LargeBinary, nullable=False)
)
"""What links to unsubscribe are made with."""
TOLD: Final = Table(
    "told",
    METADATA,
    Column("sequence", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
)
"""Notices that were handed out, or never had to be, in order."""
MAILINGS: Final = Table(
    "mailings",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("keys", Text, nullable=False),
    Column("done_to", Text, nullable=False),
    Column("ended", Boolean, nullable=False),
    Index("mailing_times", "at"),
    sqlite_autoincrement=True,
)
"""Notices that are told together, and the last subscriber whose letters are in the outbox."""
_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "busy_timeout=5000")


class Database:
    """A SQLite file (mode 0600), opened when it is first needed and again after a failure. What is erased is gone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._open: Connection | None = None

    @contextmanager
    def change(self) -> Iterator[Connection]:
        """A transaction, durable when it ends; SubscribersUnavailable if it can't be had, and nothing of it holds."""
        with self._lock:
            try:
                with self._connect().begin() as transaction:
                    yield transaction.connection
            except (DBAPIError, sqlite3.Error, OSError) as error:
                self._disconnect()
                raise SubscribersUnavailable(str(getattr(error, "orig", None) or error)) from None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._disconnect()

    def _connect(self) -> Connection:
        if self._open is None:
            self._open = _open(self._path)
        return self._open

    def _disconnect(self) -> None:
        connection, self._open = self._open, None
        if connection is not None:
            connection.invalidate()
            connection.close()


def _open(path: Path) -> Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = _make_engine(path).connect()
    try:
        with connection.begin():
            _check_version(connection)
            METADATA.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection


def _check_version(connection: Connection) -> None:
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if version not in (0, VERSION):
        raise SubscribersUnavailable(f"subscribers have version {version}; this Holdfast understands {VERSION}")


def _make_engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
