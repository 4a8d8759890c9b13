"""How much of requests is underway at this time, and whose it is."""

from collections import Counter


class Receiving:
    """Bytes by payer. There may be `bytes_max` in all, of which nobody has more than half."""

    def __init__(self) -> None:
        self.bytes_max = 0
        self.total = 0
        self._by_payer: Counter[str] = Counter()

    def take(self, payer: str, size: int) -> bool:
        """Count what came in; False if it is too much, for the payer or in all. It counts even so."""
        self.total += size
        self._by_payer[payer] += size
        return 2 * self._by_payer[payer] <= self.bytes_max >= self.total

    def give_back(self, payer: str, size: int) -> None:
        """Count it no longer."""
        self.total -= size
        self._by_payer[payer] -= size
        if not self._by_payer[payer]:
            del self._by_payer[payer]
