"""Failed attempts to sign in are few for each address. Secrets are too long to guess; this bounds the trying."""

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

ATTEMPTS_MAX: Final = 5
"""Failures that an address may have at once."""
RECOVERY_S: Final = 12.0
"""After each of which one more is allowed."""
ADDRESSES_MAX: Final = 4_096


class LoginThrottle:
    """A bucket of attempts for each address, an IPv6 network of /64 counting as one; the oldest are forgotten."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """How long the next attempt has to wait; 0 if it may be made now."""
        return max(0.0, (self._count(_group(address)) - ATTEMPTS_MAX + 1) * RECOVERY_S)

    def note_failure(self, address: str) -> None:
        """An attempt failed."""
        group = _group(address)
        self._failures[group] = (self._count(group) + 1, self._clock())
        self._failures.move_to_end(group)
        if len(self._failures) > ADDRESSES_MAX:
            self._failures.popitem(last=False)

    def _count(self, group: str) -> float:
        count, at = self._failures.get(group, (0.0, 0.0))
        return max(0.0, count - max(0.0, self._clock() - at) / RECOVERY_S)


def _group(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == 4 else parsed.exploded[:19]
