"""Receipts, dead letters and figures."""

from typing import Final

from holdfast.adapters.spool.backlogs import Owner
from holdfast.adapters.spool.claiming import read_message
from holdfast.adapters.spool.rows import DEAD_COLUMNS, RECEIPT_COLUMNS, open_dead, open_receipt
from holdfast.adapters.spool.schema import Code
from holdfast.adapters.spool.tables import Tables
from holdfast.model.spool import Backlog, DeadLetter, Message, Receipt, SpoolFigures

PRIORITIES: Final = range(10)
_RECEIPT: Final = f"SELECT {RECEIPT_COLUMNS} FROM messages WHERE id = ?"  # noqa: S608
_UNSETTLED: Final = f"SELECT sequence FROM messages WHERE id = ? AND standing <= {Code.DEAD:d}"  # noqa: S608
_DEAD: Final = (
    f"SELECT {DEAD_COLUMNS} FROM messages m INDEXED BY dead JOIN contents c ON c.sequence = m.sequence "  # noqa: S608
    "WHERE m.standing = 1 AND m.sequence > :after AND (:service IS NULL OR m.service = :service) "
    "AND (:tenant IS NULL OR m.tenant = :tenant) ORDER BY m.sequence LIMIT :count_max"
)
_OLDEST: Final = (
    "SELECT accepted_at FROM messages WHERE sequence = (SELECT min(sequence) FROM messages INDEXED BY ready "
    "WHERE service = ? AND head = 1 AND priority = ?)"
)


def read_receipt(tables: Tables, message_id: str) -> Receipt | None:
    """What became of a message."""
    row = tables.connection.execute(_RECEIPT, (message_id,)).fetchone()
    return row and open_receipt(row, tables.claims.sequences, tables.postponed.get(row[2], 0.0))


def inspect_message(tables: Tables, message_id: str) -> Message | None:
    """A message that isn't settled for good; SpoolCorrupt if it isn't what was written."""
    row = tables.connection.execute(_UNSETTLED, (message_id,)).fetchone()
    return read_message(tables, row[0]) if row else None


def list_dead_letters(
    tables: Tables, service: str | None, tenant: str | None, after: int, count_max: int
) -> list[DeadLetter]:
    """Dead letters by sequence."""
    bindings = {"service": service, "tenant": tenant, "after": after, "count_max": count_max}
    return [open_dead(row) for row in tables.connection.execute(_DEAD, bindings)]


def read_figures(tables: Tables) -> SpoolFigures:
    """What is kept now."""
    backlogs = tuple(_read_backlog(tables, owner) for owner in tables.backlogs.owners())
    files = (tables.path, tables.path.with_name(tables.path.name + "-wal"))
    disk_bytes = sum(file.stat().st_size for file in files if file.exists())
    return SpoolFigures(backlogs, disk_bytes, max(0, tables.room.free_bytes()))


def _read_backlog(tables: Tables, owner: Owner) -> Backlog:
    waiting, dead = tables.backlogs.amount(owner, Code.WAITING), tables.backlogs.amount(owner, Code.DEAD)
    return Backlog(
        tenant=owner.tenant,
        service=owner.service,
        waiting=waiting.messages,
        waiting_bytes=waiting.bytes,
        ordered=waiting.ordered,
        delivering=tables.claims.count(owner),
        dead=dead.messages,
        dead_bytes=dead.bytes,
        oldest_at=_find_oldest(tables, owner.service) if waiting.messages else None,
    )


def _find_oldest(tables: Tables, service: str) -> float | None:
    """The oldest that waits is the first of its order, or has none, so it is ready."""
    found = (tables.connection.execute(_OLDEST, (service, priority)).get for priority in PRIORITIES)
    return min((at for at in found if at is not None), default=None)
