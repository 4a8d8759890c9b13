"""The spool's tables, and a connection to them whose every commit is durable."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Final

import apsw

from holdfast.model.spool import SpoolCorrupt, SpoolUnavailable

APPLICATION_ID: Final = 0x48667370
VERSION: Final = 1
CHECKPOINT_PAGES: Final = 2_000
"""How much is written ahead before it is brought home: more makes for rarer and longer pauses."""
CACHE_KIB: Final = 16_384


class Code(IntEnum):
    """A standing as it is stored. Claims aren't stored: what is being delivered waits, as far as the file knows."""

    WAITING = 0
    DEAD = 1
    DELIVERED = 2
    DROPPED = 3


SCHEMA: Final = f"""
CREATE TABLE messages (
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    service TEXT NOT NULL,
    tenant TEXT NOT NULL,
    route TEXT NOT NULL,
    order_key TEXT,
    client_key TEXT,
    priority INTEGER NOT NULL,
    accepted_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    size INTEGER NOT NULL,
    digest BLOB NOT NULL,
    seal BLOB NOT NULL,
    standing INTEGER NOT NULL,
    head INTEGER NOT NULL,
    due_at REAL NOT NULL,
    attempts INTEGER NOT NULL,
    status INTEGER,
    why TEXT,
    dropped_by TEXT,
    settled_at REAL
);
CREATE TABLE contents (
    sequence INTEGER PRIMARY KEY,
    method TEXT NOT NULL,
    host TEXT NOT NULL,
    path TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL
);
CREATE TABLE clocks (service TEXT PRIMARY KEY, postponed_s REAL NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX ids ON messages (id);
CREATE UNIQUE INDEX client_keys ON messages (service, client_key) WHERE client_key IS NOT NULL;
CREATE INDEX ready ON messages (service, priority, sequence, due_at) WHERE head = 1;
CREATE INDEX orders ON messages (service, order_key, sequence) WHERE standing = 0 AND order_key IS NOT NULL;
CREATE INDEX expiries ON messages (service, expires_at) WHERE standing = {Code.WAITING:d};
CREATE INDEX dead ON messages (sequence) WHERE standing = {Code.DEAD:d};
CREATE INDEX settled ON messages (settled_at) WHERE standing > {Code.DEAD:d};
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
"""
"""`head` is 1 of what waits and is the first of its order, or has none; only such messages can be delivered next.

`expires_at` is in the service's own time, which stands still while delivery is at fault (`clocks`).
"""


def open_connection(path: Path, vfs: str | None = None) -> apsw.Connection:
    """A connection that nobody else can have beside it, to a file that only its owner can read.

    The write-ahead log is synced in every commit. SpoolCorrupt or SpoolUnavailable if the file isn't a spool's, or
    can't be had.
    """
    with translate_errors():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = apsw.Connection(str(path), vfs=vfs)
    try:
        with translate_errors():
            _prepare(connection)
            sync_folder(path.parent)
    except BaseException:
        connection.close(force=True)
        raise
    return connection


def check_pages(connection: apsw.Connection) -> None:
    """SpoolCorrupt if a page of the file is damaged."""
    with translate_errors():
        answer = connection.execute("PRAGMA quick_check(1)").get
    if answer != "ok":
        raise SpoolCorrupt(str(answer).replace("\n", " "))


@contextmanager
def translate_errors() -> Iterator[None]:
    """SpoolCorrupt or SpoolUnavailable instead of the database's and the system's own errors."""
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise SpoolCorrupt(str(error)) from error
    except (apsw.Error, OSError) as error:
        raise SpoolUnavailable(str(error)) from error


def sync_folder(folder: Path) -> None:
    """Let the names of new files, and that those of a rollback are gone, survive a loss of power."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _prepare(connection: apsw.Connection) -> None:
    connection.set_busy_timeout(0)
    for pragma in (
        "locking_mode=EXCLUSIVE",
        "journal_mode=WAL",
        "synchronous=FULL",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
        f"cache_size=-{CACHE_KIB}",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
    if connection.pragma("user_version") == 0:
        with connection:
            connection.execute(SCHEMA)
    version, application = connection.pragma("user_version"), connection.pragma("application_id")
    if application != APPLICATION_ID:
        raise SpoolCorrupt("the file is not a spool's")
    if version != VERSION:
        raise SpoolUnavailable(f"the spool has version {version}; this Holdfast understands {VERSION}")
