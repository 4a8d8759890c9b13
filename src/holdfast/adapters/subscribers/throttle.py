"""How often whoever has no credential may ask for something: a bucket for each address, and one for all together."""

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

ADDRESSES_MAX: Final = 8_192


class Throttle:
    """Buckets of `burst` requests, one of which comes back every `recovery_s`; an IPv6 network of /64 counts as one.

    Of more addresses than can be remembered, the ones longest unseen are forgotten.
    """

    def __init__(self, clock: Callable[[], float], burst: int, recovery_s: float) -> None:
        self._clock = clock
        self._burst = burst
        self._recovery_s = recovery_s
        self._used: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> bool:
        """Take one request from an address's bucket, if there is one."""
        group, now = _group(address), self._clock()
        used, at = self._used.get(group, (0.0, now))
        used = max(0.0, used - max(0.0, now - at) / self._recovery_s)
        if used + 1 > self._burst:
            return False
        self._used[group] = (used + 1, now)
        self._used.move_to_end(group)
        if len(self._used) > ADDRESSES_MAX:
            self._used.popitem(last=False)
        return True


def _group(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == 4 else parsed.exploded[:19]
