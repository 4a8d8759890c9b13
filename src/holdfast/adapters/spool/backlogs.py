"""How much is kept, of whom: counted along, so that nobody has to count half a million rows."""

from collections import Counter
from typing import NamedTuple

import apsw

from holdfast.adapters.spool.schema import Code
from holdfast.model.recovery import SpoolBounds
from holdfast.model.spool import Refusal


class Owner(NamedTuple):
    """Whose messages are counted together."""

    tenant: str
    service: str


class Amount(NamedTuple):
    """A count of messages, the bytes of them, and how many of them have an order."""

    messages: int = 0
    bytes: int = 0
    ordered: int = 0

    def plus(self, other: "Amount", sign: int = 1) -> "Amount":
        """Both together, or with sign -1 what is left."""
        return Amount(
            self.messages + sign * other.messages,
            self.bytes + sign * other.bytes,
            self.ordered + sign * other.ordered,
        )


NOTHING = Amount()


class Backlogs:
    """Counts of what waits and what is dead, which can be taken back to where they were when they were last kept."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._amounts: dict[tuple[Owner, Code], Amount] = {}
        self._messages: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._total = NOTHING
        self._changes: list[tuple[Owner, Code, Amount, int]] = []
        rows = connection.execute(
            "SELECT tenant, service, standing, count(*), sum(size), count(order_key) FROM messages "
            "WHERE standing <= ? GROUP BY tenant, service, standing",
            (Code.DEAD,),
        )
        for tenant, service, code, *amount in rows:
            self._add(Owner(tenant, service), Code(code), Amount(*amount), 1)

    def amount(self, owner: Owner, code: Code) -> Amount:
        """How much there is of an owner in a standing."""
        return self._amounts.get((owner, code), NOTHING)

    def owners(self) -> list[Owner]:
        """Everybody of whom something waits or is dead."""
        return sorted({owner for owner, _ in self._amounts})

    def find_refusal(self, tenant: str, size: int, bounds: SpoolBounds) -> Refusal | None:
        """The bound that one more message would break, or None."""
        if self._total.messages >= bounds.messages_max or self._total.bytes + size > bounds.bytes_max:
            return Refusal.FULL
        if self._messages[tenant] >= bounds.tenant_messages_max:
            return Refusal.TENANT_FULL
        if self._bytes[tenant] + size > bounds.tenant_bytes_max:
            return Refusal.TENANT_FULL
        return None

    def add(self, owner: Owner, code: Code, amount: Amount, sign: int = 1) -> None:
        """Count something, or with sign -1 no longer."""
        self._changes.append((owner, code, amount, sign))
        self._add(owner, code, amount, sign)

    def keep(self) -> None:
        """What was counted is so."""
        self._changes.clear()

    def take_back(self) -> None:
        """What was counted since it was last kept isn't so."""
        for owner, code, amount, sign in reversed(self._changes):
            self._add(owner, code, amount, -sign)
        self._changes.clear()

    def _add(self, owner: Owner, code: Code, amount: Amount, sign: int) -> None:
        left = self.amount(owner, code).plus(amount, sign)
        if left.messages:
            self._amounts[owner, code] = left
        else:
            self._amounts.pop((owner, code), None)
        self._messages[owner.tenant] += sign * amount.messages
        self._bytes[owner.tenant] += sign * amount.bytes
        if not self._messages[owner.tenant]:
            del self._messages[owner.tenant], self._bytes[owner.tenant]
        self._total = self._total.plus(amount, sign)
