"""The sites' machines: each an upstream process with an address and a ledger of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from holdfast.drills.instruments import UpstreamOptions, start_upstream
from holdfast.drills.provider_loss.places import SITES, STANDBY, find_address, name_machine

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from holdfast.drills.instruments import Placement, Upstream
    from holdfast.drills.provider_loss.scenario import Machines, ProviderLoss


class Machine:
    """One machine, up or down. What it answered to requests that may write stays in its ledger, however it ends."""

    def __init__(self, options: UpstreamOptions, placement: Placement) -> None:
        """Starts it. Raises InstrumentError, BuildError."""
        self._options = options
        self._placement = placement
        self._upstream: Upstream | None = start_upstream(options, placement)

    def start(self) -> None:
        """Have it run, as at first. Nothing if it does. Raises InstrumentError."""
        if self._upstream is None:
            self._upstream = start_upstream(self._options, self._placement)

    def kill(self) -> None:
        """End it by SIGKILL. Nothing if it is down."""
        if self._upstream is not None:
            self._upstream.kill()
            self._upstream = None

    def hang(self) -> None:
        """Have it stand still. Raises InstrumentError."""
        self._running.hang()

    def vanish(self) -> None:
        """Have whatever is sent to it be swallowed. Raises OSError, InstrumentError."""
        self._running.vanish()

    def wake(self) -> None:
        """End its standing still, or its being gone from the network."""
        self._running.wake()

    def slow_down(self, answer_s: float) -> None:
        """Have each answer take so long. Raises OSError."""
        self._running.set_answer_ms(round(answer_s * 1e3))

    def regain_speed(self) -> None:
        """Have answers take as long as at first. Raises OSError."""
        self._running.set_answer_ms(round(self._options.answer_ms))

    def count_answered(self) -> int:
        """How many requests it has answered since it was last started. Raises OSError."""
        return sum(self._running.read_stats().answered.values())

    @property
    def _running(self) -> Upstream:
        if self._upstream is None:
            raise RuntimeError("the machine is down")
        return self._upstream


class Sites:
    """All machines of all sites. As a context manager, they are gone when the block is left."""

    def __init__(self, scenario: ProviderLoss, port: int, ledgers: Path, placement: Placement) -> None:
        """Starts them; ledgers are files of a folder that is made. Raises InstrumentError, BuildError."""
        ledgers.mkdir()
        self._machines: dict[str, list[Machine]] = {site: [] for site in SITES}
        try:
            for site, number in ((site, number) for site in SITES for number in range(scenario.machines_each)):
                stated = scenario.standby if site == STANDBY else scenario.primary
                options = _describe(stated, site, number, port, ledgers)
                self._machines[site].append(Machine(options, placement))
        except BaseException:
            self.stop()
            raise

    def of(self, site: str) -> list[Machine]:
        """A site's machines."""
        return self._machines[site]

    def count_answered(self, site: str) -> list[int]:
        """How many requests each machine of a site has answered since it was last started. Raises OSError."""
        return [machine.count_answered() for machine in self._machines[site]]

    def stop(self) -> None:
        """End all of them."""
        for machine in (machine for machines in self._machines.values() for machine in machines):
            machine.kill()

    def __enter__(self) -> Self:
        """The sites."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave no process behind."""
        self.stop()


def _describe(stated: Machines, site: str, number: int, port: int, ledgers: Path) -> UpstreamOptions:
    return UpstreamOptions(
        cap=stated.in_flight,
        answer_ms=stated.answer * 1e3,
        address=find_address(site, number),
        port=port,
        ledger=ledgers / name_machine(site, number),
    )
