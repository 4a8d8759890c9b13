"""What is believed of a feed of endpoints: its last good list, whatever becomes of the feed.

What is new is believed at once, since an edge asks nobody who isn't healthy. What is gone is gone at once, too, unless
it comes and goes: each time that it returns soon, it must be missing twice as long before that is believed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from holdfast.model.recovery import Endpoint

HELD_S_MAX: Final = 64.0
"""The longest that an endpoint which comes and goes must be missing until that is believed."""
SOON_S: Final = 120.0
"""What returns within this has come and gone; what is missing for longer is forgotten."""


@dataclass(frozen=True, slots=True)
class Known:
    """An endpoint that a feed names, or named not long ago. `gone_at` is since when it doesn't (Unix, in seconds)."""

    endpoint: Endpoint
    returns: int = 0
    gone_at: float | None = None

    def holds(self, now: float) -> bool:
        """Whether it counts as there."""
        return self.gone_at is None or now < self.gone_at + self.held_s

    @property
    def held_s(self) -> float:
        """How long it must be missing until that is believed."""
        return min(HELD_S_MAX, 2.0**self.returns) if self.returns else 0.0


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt from one feed. `problem` is what is wrong with it since `problem_at`; the list holds on."""

    known: Mapping[str, Known] = field(default_factory=dict)
    read_at: float | None = None
    problem: str = ""
    problem_at: float | None = None

    def list_endpoints(self, now: float) -> tuple[Endpoint, ...]:
        """Those that count as there, by address."""
        return tuple(self.known[address].endpoint for address in sorted(self.known) if self.known[address].holds(now))


def remember(endpoints: Sequence[Endpoint]) -> Learnt:
    """What was learnt in an earlier life."""
    return Learnt({each.address: Known(each) for each in endpoints})


def take_list(learnt: Learnt, endpoints: Sequence[Endpoint], now: float) -> Learnt:
    """A feed was read. That it is empty isn't believed: it would leave its service with nothing."""
    if not endpoints:
        return take_failure(learnt, "it is empty, and an empty list isn't believed", now)
    named = {each.address: each for each in endpoints}
    known = {address: _name(learnt.known.get(address), each) for address, each in named.items()}
    for address, before in learnt.known.items():
        gone_at = now if before.gone_at is None else before.gone_at
        if address not in named and now < gone_at + SOON_S:
            known[address] = replace(before, gone_at=gone_at)
    return Learnt(known, read_at=now)


def take_failure(learnt: Learnt, problem: str, now: float) -> Learnt:
    """A feed couldn't be read, or can't be believed."""
    since = now if learnt.problem_at is None else learnt.problem_at
    return replace(learnt, problem=problem, problem_at=since)


def find_loops(endpoints: Sequence[Endpoint], listens: Collection[str]) -> tuple[str, ...]:
    """The addresses that are an edge's own: requests sent there would go round and round."""
    edges = {_split(each) for each in listens}
    everywhere = {port for host, port in edges if host in {"0.0.0.0", "::"}}
    looping = (
        each.address
        for each in endpoints
        if (place := _split(each.address)) in edges or (place[1] in everywhere and place[0].startswith("127."))
    )
    return tuple(looping)


def _name(before: Known | None, endpoint: Endpoint) -> Known:
    if before is None:
        return Known(endpoint)
    return Known(endpoint, before.returns + (before.gone_at is not None))


def _split(address: str) -> tuple[str, str]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), port
