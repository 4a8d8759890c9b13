"""What is being delivered now. In memory only: after a restart nothing is, and everything unsettled waits."""

from collections import Counter
from dataclasses import dataclass

from holdfast.adapters.spool.backlogs import Amount, Owner


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that somebody is about to settle. `delivering`: after a delivery, not because it is too old."""

    sequence: int
    id: str
    owner: Owner
    order_key: str | None
    size: int
    delivering: bool = True

    @property
    def amount(self) -> Amount:
        """What it counts as."""
        return Amount(1, self.size, self.order_key is not None)


class Claims:
    """Claims by the message's id, and what they rule out for the next."""

    def __init__(self) -> None:
        self._by_id: dict[str, Claim] = {}
        self._by_owner: Counter[Owner] = Counter()
        self._ending: set[str] = set()
        self.sequences: set[int] = set()
        self.orders: set[tuple[str, str]] = set()

    def take(self, claim: Claim) -> None:
        """From now on it is claimed."""
        self._by_id[claim.id] = claim
        self.sequences.add(claim.sequence)
        self._by_owner[claim.owner] += 1
        if claim.delivering and claim.order_key is not None:
            self.orders.add((claim.owner.service, claim.order_key))

    def end(self, message_id: str) -> None:
        """It is claimed no longer, once what is written is kept."""
        self._ending.add(message_id)

    def keep(self) -> None:
        """Claims that were ended are gone."""
        for message_id in self._ending:
            self._forget(self._by_id.pop(message_id))
        self._ending.clear()

    def take_back(self) -> None:
        """Claims that were ended since the last are claims still."""
        self._ending.clear()

    def _forget(self, claim: Claim) -> None:
        self.sequences.discard(claim.sequence)
        self._by_owner[claim.owner] -= 1
        if not self._by_owner[claim.owner]:
            del self._by_owner[claim.owner]
        if claim.delivering and claim.order_key is not None:
            self.orders.discard((claim.owner.service, claim.order_key))

    def find(self, message_id: str) -> Claim | None:
        """The claim on a message, if there is one."""
        return None if message_id in self._ending else self._by_id.get(message_id)

    def count(self, owner: Owner) -> int:
        """How many of an owner's messages are being delivered."""
        return self._by_owner[owner]

    def of_service(self, service: str) -> int:
        """How many of a service's messages are being delivered."""
        return sum(count for owner, count in self._by_owner.items() if owner.service == service)
