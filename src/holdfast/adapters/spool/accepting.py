"""Drafts into rows: checked against the bounds and against what was accepted under the same key."""

from collections.abc import Sequence
from typing import Any, Final

from holdfast.adapters.spool.backlogs import Amount, Owner
from holdfast.adapters.spool.rows import digest_content, draw_ids, pack_headers, seal, size_of
from holdfast.adapters.spool.schema import Code
from holdfast.adapters.spool.tables import Tables
from holdfast.model.spool import Accepted, Draft, Refusal, Refused

_INSERT_MESSAGE: Final = (
    "INSERT INTO messages (sequence, id, service, tenant, route, order_key, client_key, priority, accepted_at, "
    "expires_at, size, digest, seal, standing, head, due_at, attempts) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,0,?,0,0)"
)
_INSERT_CONTENT: Final = "INSERT INTO contents VALUES (?,?,?,?,?,?)"
_FIND_KEY: Final = "SELECT id, digest FROM messages WHERE service = ? AND client_key = ?"
_FIND_ID: Final = "SELECT id, digest FROM messages WHERE id = ? AND service = ?"
_HAS_ORDER: Final = "SELECT 1 FROM messages WHERE service = ? AND order_key = ? AND standing = 0 LIMIT 1"


def accept_drafts(tables: Tables, drafts: Sequence[Draft]) -> list[Accepted | Refused]:
    """Keep drafts, in their order, and say of each what became of it."""
    batch, ids = _Batch(tables), draw_ids([draft.accepted_at for draft in drafts])
    answers = [batch.take(draft, message_id) for draft, message_id in zip(drafts, ids, strict=True)]
    batch.write()
    return answers


class _Batch:
    """Rows of one commit, before they are written. What has a key or an order is looked for among them, too."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._messages: list[tuple[Any, ...]] = []
        self._contents: list[tuple[Any, ...]] = []
        self._keys: dict[tuple[str, str], tuple[str, bytes]] = {}
        self._orders: set[tuple[str, str]] = set()

    def take(self, draft: Draft, message_id: str) -> Accepted | Refused:
        digest = digest_content(draft)
        if draft.idempotency_key is not None and (known := self._find(draft)):
            return self._replay(draft, *known, digest)
        headers = pack_headers(draft.headers)
        size = size_of(draft, headers)
        if refusal := self._find_refusal(draft, size):
            return Refused(refusal)
        self._add(draft, message_id, digest, headers, size)
        return Accepted(message_id, draft.idempotency_key or message_id)

    def write(self) -> None:
        connection = self._tables.connection
        connection.executemany(_INSERT_MESSAGE, self._messages)
        connection.executemany(_INSERT_CONTENT, self._contents)

    def _find(self, draft: Draft) -> tuple[str, bytes] | None:
        service, key = draft.service, draft.idempotency_key or ""
        if known := self._keys.get((service, key)):
            return known
        connection = self._tables.connection
        for statement, values in ((_FIND_KEY, (service, key)), (_FIND_ID, (key, service))):
            if row := connection.execute(statement, values).fetchone():
                return row[0], row[1]
        return None

    @staticmethod
    def _replay(draft: Draft, message_id: str, known: bytes, digest: bytes) -> Accepted | Refused:
        if known != digest:
            return Refused(Refusal.CONFLICT)
        return Accepted(message_id, draft.idempotency_key or message_id, replayed=True)

    def _find_refusal(self, draft: Draft, size: int) -> Refusal | None:
        if refusal := self._tables.backlogs.find_refusal(draft.tenant, size, self._tables.bounds):
            return refusal
        return None if self._tables.room.has_room(size) else Refusal.DISK_FULL

    def _add(self, draft: Draft, message_id: str, digest: bytes, headers: str, size: int) -> None:
        tables, sequence = self._tables, self._tables.next_sequence
        self._messages.append(
            (
                sequence,
                message_id,
                draft.service,
                draft.tenant,
                draft.route,
                draft.order_key,
                draft.idempotency_key,
                draft.priority,
                draft.accepted_at,
                draft.expires_at - tables.postponed.get(draft.service, 0.0),
                size,
                digest,
                seal(sequence, message_id, draft, digest, headers),
                self._leads(draft),
            )
        )
        self._contents.append((sequence, draft.method, draft.host, draft.path, headers, draft.body))
        if draft.idempotency_key is not None:
            self._keys[draft.service, draft.idempotency_key] = message_id, digest
        amount = Amount(1, size, int(draft.order_key is not None))
        tables.backlogs.add(Owner(draft.tenant, draft.service), Code.WAITING, amount)
        tables.next_sequence += 1

    def _leads(self, draft: Draft) -> int:
        if draft.order_key is None:
            return 1
        order = draft.service, draft.order_key
        if order in self._orders or self._tables.connection.execute(_HAS_ORDER, order).fetchone():
            return 0
        self._orders.add(order)
        return 1
