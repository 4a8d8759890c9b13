"""Messages as rows, each sealed by a checksum over all of it that never changes."""

import os
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b, sha256
from typing import Any, Final

from holdfast.adapters.spool.schema import Code
from holdfast.model.spool import DeadLetter, Draft, Headers, Message, Receipt, SpoolCorrupt, Standing

_RANDOM_BYTES: Final = 14
_TIME_DIGITS: Final = 12

MESSAGE_COLUMNS: Final = """
    m.sequence, m.id, m.service, m.tenant, m.route, m.order_key, m.client_key, m.priority, m.accepted_at, m.expires_at,
    m.digest, m.seal, m.attempts, c.method, c.host, c.path, c.headers, c.body
"""
RECEIPT_COLUMNS: Final = """
    id, standing, service, client_key, accepted_at, expires_at, attempts, status, why, dropped_by, settled_at, sequence
"""
DEAD_COLUMNS: Final = """
    m.id, m.sequence, m.service, m.tenant, m.route, m.order_key, c.method, c.host, c.path, m.size, m.accepted_at,
    m.settled_at, m.attempts, m.why
"""
_STANDINGS: Final = {
    Code.WAITING: Standing.WAITING,
    Code.DEAD: Standing.DEAD,
    Code.DELIVERED: Standing.DELIVERED,
    Code.DROPPED: Standing.DROPPED,
}


def draw_ids(times: Sequence[float]) -> Iterator[str]:
    """Ids that nobody can guess, for messages of these times; the system is asked for randomness once for all of them.

    Later ones sort after earlier ones, which keeps their index small in memory.
    """
    digits = os.urandom(_RANDOM_BYTES * len(times)).hex()
    for place, at in enumerate(times):
        yield f"{int(at * 1000):0{_TIME_DIGITS}x}{digits[place * 2 * _RANDOM_BYTES :][: 2 * _RANDOM_BYTES]}"


def digest_content(draft: Draft) -> bytes:
    """What two requests under one idempotency key must agree in: method, host, path and body."""
    digest = sha256(f"{draft.method} {draft.host} {draft.path}\n".encode())
    digest.update(draft.body)
    return digest.digest()


def pack_headers(headers: Headers) -> str:
    """Headers as one text. A name has no colon, and neither it nor a value a line break: HTTP forbids it."""
    return "\n".join(map(":".join, headers))


def unpack_headers(text: str) -> Headers:
    """The headers that were packed."""
    parts = (line.partition(":") for line in text.split("\n") if line)
    return tuple((name, value) for name, _, value in parts)


def size_of(draft: Draft, headers: str) -> int:
    """How many bytes a message counts as towards bounds: what its sender can make large."""
    return len(draft.body) + len(draft.path) + len(headers)


def seal(sequence: int, message_id: str, draft: Draft, digest: bytes, headers: str) -> bytes:
    """A checksum over everything of a message that never changes."""
    facts = (
        f"{sequence} {message_id} {draft.service} {draft.tenant} {draft.route} {draft.priority} {draft.accepted_at!r}\n"
        f"{draft.order_key!r} {draft.idempotency_key!r}\n{headers}"
    )
    return blake2b(facts.encode(), key=digest, digest_size=16).digest()


def open_message(row: tuple[Any, ...], postponed_s: float) -> Message:
    """A message out of MESSAGE_COLUMNS; SpoolCorrupt if it isn't what was sealed."""
    (sequence, message_id, service, tenant, route, order_key, client_key, priority, accepted_at, expires_at) = row[:10]
    digest, sealed, attempts, method, host, path, headers, body = row[10:]
    if body is None:
        raise SpoolCorrupt(f"message {sequence} has lost its content")
    listed = unpack_headers(headers)
    facts = service, tenant, route, order_key, client_key, priority, method, host, path, listed, body, accepted_at
    draft = Draft(*facts, expires_at)
    if digest_content(draft) != digest or seal(sequence, message_id, draft, digest, headers) != sealed:
        raise SpoolCorrupt(f"message {sequence} is not what was written")
    return Message(
        id=message_id,
        sequence=sequence,
        service=service,
        tenant=tenant,
        route=route,
        order_key=order_key,
        idempotency_key=client_key or message_id,
        priority=priority,
        method=method,
        host=host,
        path=path,
        headers=listed,
        body=body,
        accepted_at=accepted_at,
        expires_at=expires_at + postponed_s,
        attempts=attempts,
    )


def open_receipt(row: tuple[Any, ...], claimed: Iterable[int], postponed_s: float) -> Receipt:
    """A receipt out of RECEIPT_COLUMNS."""
    (message_id, code, service, client_key, accepted_at, expires_at, attempts, status, why, by, settled_at, at) = row
    standing = Standing.DELIVERING if at in claimed else _STANDINGS[Code(code)]
    return Receipt(
        id=message_id,
        standing=standing,
        service=service,
        idempotency_key=client_key or message_id,
        accepted_at=accepted_at,
        expires_at=expires_at + postponed_s,
        attempts=attempts,
        status=status,
        why=why,
        by=by,
        settled_at=settled_at,
    )


def open_dead(row: tuple[Any, ...]) -> DeadLetter:
    """A dead letter out of DEAD_COLUMNS."""
    return DeadLetter(*row)
