"""A real `Control` on fake edges, for tests that are coroutines."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from fakes.compiler import ReadableCompiler, read_mitigations, read_services
from fakes.fleet import FakeCanary, FakeFleet
from fakes.journal import MemoryJournal
from fakes.platforms import LOCATIONS, check_names
from holdfast.model.observed import EdgeCounts
from holdfast.model.platform import Platform
from holdfast.model.ports import Journal
from holdfast.model.recovery import Endpoint
from holdfast.runtime.control import Control, World
from holdfast.runtime.kept import KeptSnapshots
from holdfast.runtime.operations import Operations
from holdfast.runtime.reading import PlatformReader
from holdfast.spec import Checked
from holdfast.views.revisions import ProposalDocument


@dataclass
class Bench:
    """What a control works with, all of it in the test's hands."""

    journal: Journal = field(default_factory=MemoryJournal)
    fleet: FakeFleet = field(default_factory=lambda: FakeFleet(LOCATIONS))
    canary: FakeCanary = field(default_factory=FakeCanary)
    compiler: ReadableCompiler = field(default_factory=ReadableCompiler)
    now: float = 1_000.0
    real_time: bool = False
    kept: KeptSnapshots | None = None
    discovered: Mapping[str, tuple[Endpoint, ...]] = field(default_factory=dict)
    check: Callable[[str, str], Checked] = check_names
    """Reads platform texts: small ones, unless the test brings whole ones."""

    def tell_time(self) -> float:
        return time.time() if self.real_time else self.now

    @asynccontextmanager
    async def run(self) -> AsyncIterator[Operations]:
        """A control from its start to its orderly end."""
        reader = PlatformReader(self.check)
        world = World(
            self.journal, self.fleet, self.canary, self.compiler, reader, self.tell_time, self.kept, self.discovered
        )
        control = Control(world)
        control.resume()
        self.control = control
        running = asyncio.create_task(control.run())
        try:
            yield Operations(control, count_nothing)
        finally:
            running.cancel()
            await asyncio.wait([running])

    def enforced(self) -> list[list[str]]:
        """The mitigations that each edge enforces."""
        return [read_mitigations(edge.has) for edge in self.fleet.edges]

    def served(self) -> list[dict[str, float]]:
        """The services that each edge serves, with their limits."""
        return [read_services(edge.has) for edge in self.fleet.edges]


async def count_nothing(_platform: Platform) -> dict[str, EdgeCounts | None]:
    return {}


async def put_in_force(operations: Operations, text: str) -> ProposalDocument:
    answer = await operations.propose("ann", text, "p.yaml", "a test", at_once=True)
    assert isinstance(answer, ProposalDocument), answer
    return answer


async def until(condition: object, deadline_s: float = 60.0) -> None:
    """Wait until a function of no arguments is true; TimeoutError at the deadline."""
    assert callable(condition)
    async with asyncio.timeout(deadline_s):
        while not condition():
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 0.005)
