"""Loses the primary site in every way that the scenario knows, and gives it back."""

from __future__ import annotations

from contextlib import contextmanager
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from holdfast.drills.broken import DrillBroken
from holdfast.drills.provider_loss.machines import Machine
from holdfast.drills.provider_loss.places import LOCATIONS, PRIMARY, find_address
from holdfast.drills.provider_loss.scenario import Loss

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from holdfast.drills.provider_loss.cast import Trouble
    from holdfast.drills.provider_loss.machines import Sites
    from holdfast.drills.provider_loss.ways import Ways


class Losses:
    """Plays losses on the sites' machines, and on edges' ways to them where the machine allows it."""

    def __init__(self, sites: Sites, ways: Ways | None, slow_answer_s: float) -> None:
        self._machines = sites.of(PRIMARY)
        self._ways = ways
        self._slow_answer_s = slow_answer_s

    @contextmanager
    def lose(self, trouble: Trouble) -> Iterator[None]:
        """The site is lost in this way until the block is left. Raises InstrumentError, OSError, DrillBroken."""
        begin, end = self._ways_of(trouble)
        try:
            begin()
            yield
        finally:
            end()

    def flap(self, trouble: Trouble, wait: Callable[[float], None]) -> None:
        """Have the site be down and up in turn, each for as long as is waited; it is back at the end.

        Raises InstrumentError.
        """
        try:
            for number, pause_s in enumerate(trouble.flaps_s):
                _act(self._machines, Machine.start if number % 2 else Machine.kill)
                wait(pause_s)
        finally:
            _act(self._machines, Machine.start)

    def _ways_of(self, trouble: Trouble) -> tuple[Callable[[], None], Callable[[], None]]:
        """How this loss begins and ends."""
        whole = self._machines
        one = [self._machines[trouble.machine]]
        match trouble.loss:
            case Loss.BLACKHOLED:
                return lambda: _act(whole, Machine.vanish), lambda: _act(whole, Machine.wake)
            case Loss.HUNG:
                return lambda: _act(whole, Machine.hang), lambda: _act(whole, Machine.wake)
            case Loss.SLOW:
                return self._slow_down, lambda: _act(whole, Machine.regain_speed)
            case Loss.HALF_GONE:
                return lambda: _act(one, Machine.kill), lambda: _act(one, Machine.start)
            case Loss.CUT_OFF:
                return lambda: self._cut_off(trouble.edge), self._restore_ways
            case _:
                return lambda: _act(whole, Machine.kill), lambda: _act(whole, Machine.start)

    def _slow_down(self) -> None:
        _act(self._machines, lambda machine: machine.slow_down(self._slow_answer_s))

    def _cut_off(self, all_but: str) -> None:
        if self._ways is None:
            raise DrillBroken("edges can't be cut off on this machine")
        edges = [edge for edge in LOCATIONS["us"] if edge != all_but]
        self._ways.cut_off(edges, IPv4Network(f"{find_address(PRIMARY, 0)}/24", strict=False))

    def _restore_ways(self) -> None:
        if self._ways is not None:
            self._ways.restore()


def _act(machines: list[Machine], act: Callable[[Machine], None]) -> None:
    for machine in machines:
        act(machine)
