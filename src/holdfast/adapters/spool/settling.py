"""What became of messages, written down."""

from typing import Final

from holdfast.adapters.spool.backlogs import Amount, Owner
from holdfast.adapters.spool.claims import Claim
from holdfast.adapters.spool.schema import Code
from holdfast.adapters.spool.tables import Tables
from holdfast.model.spool import Dead, Delivered, NotInSpool, Outcome, Retry

_SETTLE: Final = (
    "UPDATE messages SET standing = ?, head = 0, settled_at = ?, status = ?, why = ?, dropped_by = ? WHERE sequence = ?"
)
_RETRY: Final = "UPDATE messages SET due_at = ?, attempts = attempts + ?, why = coalesce(?, why) WHERE sequence = ?"
_REVIVE: Final = (
    "UPDATE messages SET standing = 0, head = ?, settled_at = NULL, why = NULL, due_at = ?, expires_at = ?, "
    "attempts = 0 WHERE sequence = ?"
)
_FIND: Final = "SELECT sequence, tenant, service, order_key, size, standing FROM messages WHERE id = ?"
_FORGET: Final = (
    "DELETE FROM messages WHERE sequence IN (SELECT sequence FROM messages INDEXED BY settled "
    "WHERE standing > 1 AND settled_at < ? LIMIT ?)"
)


def settle_claim(tables: Tables, outcome: Outcome) -> None:
    """Write down what became of a claimed message. NotInSpool if nobody has claimed it."""
    claim = tables.claims.find(outcome.id)
    if claim is None:
        raise NotInSpool(f"nobody has claimed message {outcome.id}")
    match outcome:
        case Delivered():
            _settle(tables, claim, Code.DELIVERED, outcome.at, status=outcome.status)
        case Dead():
            _settle(tables, claim, Code.DEAD, outcome.at, why=outcome.why)
        case Retry() if outcome.counted or outcome.due_at:
            values = outcome.due_at, int(outcome.counted), outcome.why, claim.sequence
            tables.connection.execute(_RETRY, values)
        case Retry():
            pass
    tables.claims.end(outcome.id)


def _settle(
    tables: Tables, claim: Claim, code: Code, at: float, *, status: int | None = None, why: str | None = None
) -> None:
    tables.connection.execute(_SETTLE, (code, at, status, why, None, claim.sequence))
    if code is Code.DELIVERED:
        _delete_content(tables, claim.sequence)
    tables.lead(claim.owner.service, claim.order_key)
    tables.move(claim.owner, claim.amount, Code.WAITING, code)


def redeliver_dead(tables: Tables, message_id: str, now: float, expires_at: float) -> None:
    """Let a dead letter wait again. NotInSpool if it is none."""
    sequence, owner, order_key, amount, code = _find(tables, message_id)
    if code is not Code.DEAD:
        raise NotInSpool(f"message {message_id} is no dead letter")
    own_expiry = expires_at - tables.postponed.get(owner.service, 0.0)
    head = int(order_key is None)
    tables.connection.execute(_REVIVE, (head, now, own_expiry, sequence))
    tables.lead(owner.service, order_key)
    tables.move(owner, amount, Code.DEAD, Code.WAITING)


def drop_message(tables: Tables, message_id: str, now: float, reason: str, by: str) -> None:
    """Give a message up. NotInSpool if it is settled for good already, or being delivered."""
    sequence, owner, order_key, amount, code = _find(tables, message_id)
    if code > Code.DEAD:
        raise NotInSpool(f"message {message_id} is settled already")
    if sequence in tables.claims.sequences:
        raise NotInSpool(f"message {message_id} is being delivered")
    tables.connection.execute(_SETTLE, (Code.DROPPED, now, None, reason, by, sequence))
    _delete_content(tables, sequence)
    tables.lead(owner.service, order_key)
    tables.move(owner, amount, code, Code.DROPPED)


def postpone(tables: Tables, service: str, by_s: float) -> None:
    """Let a service's own time stand still for so long."""
    postponed_s = tables.postponed.get(service, 0.0) + by_s
    statement = "INSERT INTO clocks VALUES (?1, ?2) ON CONFLICT DO UPDATE SET postponed_s = ?2"
    tables.connection.execute(statement, (service, postponed_s))
    tables.postponed[service] = postponed_s


def forget_settled(tables: Tables, before: float, count_max: int) -> int:
    """Remove up to so many receipts of what was settled for good before a time, and say how many."""
    tables.connection.execute(_FORGET, (before, count_max))
    return tables.connection.changes()


def _find(tables: Tables, message_id: str) -> tuple[int, Owner, str | None, Amount, Code]:
    row = tables.connection.execute(_FIND, (message_id,)).fetchone()
    if row is None:
        raise NotInSpool(f"there is no message {message_id}")
    sequence, tenant, service, order_key, size, code = row
    return sequence, Owner(tenant, service), order_key, Amount(1, size, int(order_key is not None)), Code(code)


def _delete_content(tables: Tables, sequence: int) -> None:
    tables.connection.execute("DELETE FROM contents WHERE sequence = ?", (sequence,))
