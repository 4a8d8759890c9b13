"""Whether every message is still what was written: read once, after a spool is opened."""

from collections.abc import Callable
from typing import Final

from holdfast.adapters.spool.rows import MESSAGE_COLUMNS, open_message
from holdfast.adapters.spool.schema import Code, translate_errors
from holdfast.adapters.spool.tables import Tables
from holdfast.model.spool import SpoolCorrupt

CHUNK: Final = 500
_FOLLOWING: Final = (
    f"SELECT {MESSAGE_COLUMNS} FROM messages m LEFT JOIN contents c ON c.sequence = m.sequence "  # noqa: S608
    f"WHERE m.sequence > ? AND m.standing <= {Code.DEAD:d} ORDER BY m.sequence LIMIT {CHUNK}"
)


def check_seals(tables: Tables, goes_on: Callable[[], bool] = lambda: True) -> int | None:
    """SpoolCorrupt if a message that isn't settled for good isn't what was written.

    Stops when it is told to, and says which sequence it came to; None if it came to the end.
    """
    after: int | None = 0
    while after is not None and goes_on():
        with translate_errors():
            damaged, after = find_damaged(tables, after)
        if damaged:
            raise SpoolCorrupt(f"message {damaged[0]} is not what was written")
    return after


def find_damaged(tables: Tables, after: int) -> tuple[list[int], int | None]:
    """The next messages that aren't what was written, by sequence, and where to look on; None if that was all."""
    damaged: list[int] = []
    last, count = after, 0
    for row in tables.connection.execute(_FOLLOWING, (after,)):
        last, count = row[0], count + 1
        try:
            open_message(row, 0.0)
        except SpoolCorrupt:
            damaged.append(last)
    return damaged, last if count == CHUNK else None
