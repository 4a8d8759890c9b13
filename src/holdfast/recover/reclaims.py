"""Machines that their provider takes back: which endpoints they are, and for how long nothing new is sent to them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from holdfast.model.mitigation import Drain, Mitigation
from holdfast.model.token import SYSTEM

LINGER_S: Final = 600.0
"""How long a machine may outlive the time that its provider named; then it is asked for work again."""
NOTICE_S: Final = 120.0
"""How long a machine lives where only that it goes is said; the longest of the large clouds' notices."""
REASON: Final = "its provider takes back "
"""Begins the reason of drains that were begun for a machine; the machine follows."""


@dataclass(frozen=True, slots=True)
class Reclaim:
    """A machine that is taken back `at` a time (Unix, in seconds): all endpoints at its host, or the one at `address`.

    With `tenant`, only those of this tenant's services.
    """

    host: str
    at: float
    author: str
    address: str | None = None
    tenant: str | None = None

    def concerns(self, address: str) -> bool:
        """Whether an endpoint is on the machine."""
        return address == self.address if self.address is not None else host_of(address) == self.host

    @property
    def ends_at(self) -> float:
        """When it is forgotten."""
        return self.at + LINGER_S

    @property
    def reason(self) -> str:
        """Why endpoints are drained."""
        return REASON + (self.address or self.host)


def host_of(address: str) -> str:
    """The host of an address with a port."""
    return address.rpartition(":")[0].strip("[]").lower()


def find_over(mitigations: Iterable[Mitigation], present: Collection[str]) -> tuple[Mitigation, ...]:
    """The drains of machines that are gone: `present` are the addresses of all endpoints that there are."""
    drains = (m for m in mitigations if m.author == SYSTEM and m.reason.startswith(REASON))
    return tuple(
        m for m in drains if isinstance(m.measure, Drain) and not any(each in present for each in m.measure.endpoints)
    )
