"""What may be delivered next, and what is too old to be: reads only, a claim isn't stored."""

from typing import Any, Final

from holdfast.adapters.spool.backlogs import Owner
from holdfast.adapters.spool.claims import Claim
from holdfast.adapters.spool.rows import MESSAGE_COLUMNS, open_message
from holdfast.adapters.spool.tables import Tables
from holdfast.model.spool import Message, SpoolCorrupt

_READY: Final = (
    "SELECT sequence FROM messages INDEXED BY ready WHERE service = ? AND head = 1 AND due_at <= ? "
    "ORDER BY priority, sequence LIMIT ?"
)
_FACTS: Final = "SELECT id, tenant, service, order_key, size FROM messages WHERE sequence = ?"
_EXPIRED: Final = (
    "SELECT sequence FROM messages INDEXED BY expiries WHERE service = ? AND standing = 0 AND expires_at <= ? "
    "ORDER BY expires_at LIMIT ?"
)
_WAITS: Final = "SELECT 1 FROM messages WHERE sequence = ? AND standing = 0"
_NEXT_DUE: Final = "SELECT min(due_at) FROM messages INDEXED BY ready WHERE service = ? AND head = 1 AND due_at > ?"
_CONTENT: Final = (
    f"SELECT {MESSAGE_COLUMNS} FROM messages m LEFT JOIN contents c ON c.sequence = m.sequence "  # noqa: S608
    "WHERE m.sequence = ?"
)


def claim_messages(
    tables: Tables, service: str, now: float, count_max: int, bytes_max: int
) -> tuple[list[Message], list[str]]:
    """Claimed messages, and the ids of damaged ones; these are claimed too."""
    claimed: list[Message] = []
    damaged: list[str] = []
    bytes_left = bytes_max
    limit = count_max + tables.claims.of_service(service)
    rows: list[tuple[Any, ...]] = tables.connection.execute(_READY, (service, now, limit)).fetchall()
    for (sequence,) in rows:
        if sequence in tables.claims.sequences or len(claimed) == count_max:
            continue
        claim = _find_claim(tables, sequence, delivering=True)
        if claim.order_key is not None and (service, claim.order_key) in tables.claims.orders:
            continue
        if claimed and claim.size > bytes_left:
            break
        tables.claims.take(claim)
        try:
            claimed.append(read_message(tables, sequence))
            bytes_left -= claim.size
        except SpoolCorrupt:
            damaged.append(claim.id)
    return claimed, damaged


def claim_expired_messages(tables: Tables, service: str, now: float, count_max: int) -> list[str]:
    """Ids of what is older than it may become; claimed, whether or not it may be delivered next."""
    own_now = now - tables.postponed.get(service, 0.0)
    limit = count_max + tables.claims.of_service(service)
    rows: list[tuple[Any, ...]] = tables.connection.execute(_EXPIRED, (service, own_now, limit)).fetchall()
    unclaimed = [sequence for (sequence,) in rows if sequence not in tables.claims.sequences]
    claims = [_find_claim(tables, sequence, delivering=False) for sequence in unclaimed[:count_max]]
    for claim in claims:
        tables.claims.take(claim)
    return [claim.id for claim in claims]


def claim_damaged(tables: Tables, sequence: int) -> str | None:
    """Claim a message whose content is damaged; None if somebody has done so, or it doesn't wait any more."""
    waits = tables.connection.execute(_WAITS, (sequence,)).fetchone()
    if not waits or sequence in tables.claims.sequences:
        return None
    claim = _find_claim(tables, sequence, delivering=False)
    tables.claims.take(claim)
    return claim.id


def find_next_due(tables: Tables, service: str, now: float) -> float | None:
    """When the next message will be due that isn't yet."""
    due_at: float | None = tables.connection.execute(_NEXT_DUE, (service, now)).get
    return due_at


def read_message(tables: Tables, sequence: int) -> Message:
    """A message with its content; SpoolCorrupt if it isn't what was written."""
    row = tables.connection.execute(_CONTENT, (sequence,)).fetchone()
    if row is None:
        raise SpoolCorrupt(f"message {sequence} is gone")
    return open_message(row, tables.postponed.get(row[2], 0.0))


def _find_claim(tables: Tables, sequence: int, *, delivering: bool) -> Claim:
    rows: list[tuple[Any, ...]] = tables.connection.execute(_FACTS, (sequence,)).fetchall()
    message_id, tenant, service, order_key, size = rows[0]
    return Claim(sequence, message_id, Owner(tenant, service), order_key, size, delivering)
