"""One simulated run: a seed decides what people ask for, and what goes wrong between any two steps."""

from collections import Counter
from random import Random

from fakes.fleet import FakeFleet
from fakes.journal import MemoryJournal
from fakes.platforms import LOCATIONS
from holdfast.engine.command import (
    Command,
    EndMitigation,
    Mitigate,
    ProposeRevision,
    Rollback,
    SetOwnerLimits,
    Tick,
)
from holdfast.model.mitigation import Block, Kill, Measure, ReadOnly
from holdfast.model.platform import Limits
from holdfast.model.ports import JournalUnavailable
from simulation.checkers import check_everything, check_expiries
from simulation.control import Outside, SimulatedControl

TEXTS = ("a b", "a b c", "b c", "a", "a b c d")
SERVICES = "abcd"


class Run:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.outside = Outside(MemoryJournal(), FakeFleet(LOCATIONS, prompt=False))
        self.control = SimulatedControl(self.outside)
        self.happened: Counter[str] = Counter()
        self.steps = {
            self.command: 30,
            self.pass_time: 10,
            self.begin_write: 25,
            self.end_write: 25,
            self.prove: 20,
            self.deliver: 25,
            self.refuse: 3,
            self.partition: 3,
            self.restart_edge: 3,
            self.fill_or_free_disk: 4,
            self.crash: 2,
        }

    def step(self) -> None:
        (action,) = self.random.choices(list(self.steps), list(self.steps.values()))
        action()
        check_everything(self.control)

    def settle(self) -> None:
        """Everything is mended, and everything under way comes to its end."""
        self.outside.journal.full = False
        self.outside.fleet.prompt = True
        for edge in self.outside.fleet.edges:
            edge.connected, edge.refused = True, {}
        for _ in range(20):
            self.control.core.retry()
            self.begin_write()
            self.end_write()
            self.prove()
        for edge in self.outside.fleet.edges:
            edge.deliver(self.outside.fleet.wanted.get(edge.location, {}))
        check_everything(self.control)

    def command(self) -> None:
        command = self._draw_command()
        if command is not None:
            self.happened[type(command).__name__] += 1
            self.control.take(command)

    def pass_time(self) -> None:
        self.outside.now += self.random.choice((0.0, 1.0, 30.0, 120.0))
        self.control.take(Tick())
        self.control.core.retry()
        check_expiries(self.control)

    def begin_write(self) -> None:
        self.control.begin_write()

    def end_write(self) -> None:
        if not self.control.batch:
            return
        written = self.control.reach_disk()
        check_everything(self.control)
        self.happened["written" if written else "unwritten"] += 1
        if written and self.random.random() < 0.02:
            self.happened["crash between disk and answer"] += 1
            self.crash()
        else:
            self.control.end_write(written=written)

    def prove(self) -> None:
        if self.control.proofs:
            self.control.prove(refused=self.random.random() < 0.2)

    def deliver(self) -> None:
        edge = self.random.choice(self.outside.fleet.edges)
        if edge.connected and edge.location in self.outside.fleet.wanted:
            edge.deliver(self.outside.fleet.wanted[edge.location])

    def refuse(self) -> None:
        edge = self.random.choice(self.outside.fleet.edges)
        lag = edge.lags(self.outside.fleet.wanted.get(edge.location, {}))
        edge.refused = {r.key: r.version for r in lag.upserts[:1]}
        self.happened["nack"] += bool(edge.refused)

    def partition(self) -> None:
        edge = self.random.choice(self.outside.fleet.edges)
        edge.connected = not edge.connected
        self.happened["partition"] += not edge.connected

    def restart_edge(self) -> None:
        edge = self.random.choice(self.outside.fleet.edges)
        edge.has, edge.refused = {}, {}

    def fill_or_free_disk(self) -> None:
        self.outside.journal.full = not self.outside.journal.full and self.random.random() < 0.4

    def crash(self) -> None:
        """Only what was in the journal is known after; what takes effect unrecorded is lost, and nothing else."""
        acknowledged = [event for t in self.control.tickets if t.recorded for event in t.events]
        unrecorded = self.control.core.unrecorded
        self.happened["crash"] += 1
        self.happened["lost unrecorded"] += bool(unrecorded)
        self.outside.fleet.forget()
        self.control = SimulatedControl(self.outside)
        durable = {recorded.event.model_dump_json() for recorded in self.outside.journal.read()}
        assert all(event.model_dump_json() in durable for event in acknowledged)

    def _draw_command(self) -> Command | None:
        author, service = self.random.choice(("ann", "bob")), self.random.choice(SERVICES)
        match self.random.randrange(9):
            case 0 | 1:
                return self._propose(author)
            case 2:
                return Rollback(author, self.random.choice((None, 1, 2, 3)))
            case 3 | 4 | 5:
                return Mitigate(author, self._draw_measure(service), self.random.choice((1, 60, 600)), "because")
            case 6 | 7:
                return EndMitigation(author, f"m-{self.random.randint(1, self.control.core.state.mitigation_next)}")
            case _:
                chosen = self.random.choice((None, Limits(requests=self.random.choice((5.0, 7.0, 1e6)))))
                return SetOwnerLimits(author, service, chosen)

    def _draw_measure(self, service: str) -> Measure:
        return self.random.choice(
            (
                Kill(service=service),
                ReadOnly(service=service),
                Block.model_validate({"networks": ["192.0.2.0/24"]}),
            )
        )

    def _propose(self, author: str) -> ProposeRevision | None:
        try:
            content = self.outside.journal.keep_text(self.random.choice(TEXTS))
        except JournalUnavailable:
            return None
        return ProposeRevision(author, content, "p.yaml")
