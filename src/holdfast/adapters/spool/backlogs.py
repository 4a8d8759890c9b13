"""How much is kept, of whom: counted along, so that nobody has to count half a million rows."""

from collections import defaultdict
from typing import Final, NamedTuple

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


class _Tally:
    """A count that changes: adding to it is done for every message, so it makes nothing new."""

    __slots__ = ("bytes", "messages", "ordered")

    def __init__(self) -> None:
        self.messages = self.bytes = self.ordered = 0

    def add(self, amount: Amount, sign: int) -> None:
        messages, size, ordered = amount
        self.messages += sign * messages
        self.bytes += sign * size
        self.ordered += sign * ordered


_NOTHING: Final = _Tally()


class Backlogs:
    """Counts of what waits and what is dead, which can be taken back to where they were when they were last kept."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._tallies: defaultdict[tuple[Owner, Code], _Tally] = defaultdict(_Tally)
        self._tenants: defaultdict[str, _Tally] = defaultdict(_Tally)
        self._total = _Tally()
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
        tally = self._tallies.get((owner, code), _NOTHING)
        return Amount(tally.messages, tally.bytes, tally.ordered)

    def owners(self) -> list[Owner]:
        """Everybody of whom something waits or is dead."""
        return sorted({owner for owner, _ in self._tallies})

    def find_refusal(self, tenant: str, size: int, bounds: SpoolBounds) -> Refusal | None:
        """The bound that one more message would break, or None."""
        if self._total.messages >= bounds.messages_max or self._total.bytes + size > bounds.bytes_max:
            return Refusal.FULL
        own = self._tenants.get(tenant, _NOTHING)
        if own.messages >= bounds.tenant_messages_max or own.bytes + size > bounds.tenant_bytes_max:
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
        tally, own = self._tallies[owner, code], self._tenants[owner.tenant]
        tally.add(amount, sign)
        own.add(amount, sign)
        self._total.add(amount, sign)
        if not tally.messages:
            del self._tallies[owner, code]
        if not own.messages:
            del self._tenants[owner.tenant]
