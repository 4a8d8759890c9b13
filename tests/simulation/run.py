"""One simulated run: a seed decides what people ask for, and what goes wrong between any two steps."""

from collections import Counter
from random import Random

from fakes.engine import make_finding
from fakes.fleet import FakeFleet
from fakes.journal import MemoryJournal
from fakes.platforms import LOCATIONS
from holdfast.engine.command import (
    AdjustMitigation,
    AdvanceRollout,
    CloseFinding,
    Command,
    EndMitigation,
    FreezeChanges,
    Mitigate,
    NoteTenantTold,
    OpenFinding,
    PauseRollout,
    PromoteRollout,
    ProposeRevision,
    Protective,
    ResumeRollout,
    Rollback,
    RollBackRollout,
    SetOwnerLimits,
    SuggestMitigation,
    SwitchComponent,
    ThawChanges,
    Tick,
    UpdateFinding,
)
from holdfast.model.finding import FindingKind
from holdfast.model.mitigation import Block, Deny, Kill, Measure, ReadOnly
from holdfast.model.platform import Limits
from holdfast.model.ports import JournalUnavailable
from holdfast.model.source_rule import Dimension, SourceMatch, SourceRule
from simulation.checkers import check_everything, check_expiries
from simulation.control import Outside, SimulatedControl
from simulation.telling import draw_telling

TEXTS = ("a b", "a b c", "b c", "a", "a b c d")
SERVICES = "abcd"
SOURCE = SourceRule(matches=(SourceMatch(dimension=Dimension.USER_AGENT_FAMILY, values=("curl",)),))


class Run:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.outside = Outside(MemoryJournal(), FakeFleet(LOCATIONS, prompt=False))
        self.control = SimulatedControl(self.outside)
        self.happened: Counter[str] = Counter()
        self.steps = {
            self.command: 36,
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
            self.finish_rollout()
        for edge in self.outside.fleet.edges:
            edge.deliver(self.outside.fleet.wanted.get(edge.location, {}))
        check_everything(self.control)

    def finish_rollout(self) -> None:
        """What a pacer would do at last, if nobody else did anything any more."""
        rollout = self.control.core.state.rollout
        if rollout is not None:
            self.control.take(ThawChanges("ann"))
            self.control.take(ResumeRollout("ann"))
            self.control.take(AdvanceRollout(rollout.number, rollout.wave))

    def command(self) -> None:
        command = self._draw_command()
        if command is not None:
            self.happened[type(command).__name__] += 1
            self.control.take(command)
            self.happened[f"{type(command).__name__} took effect"] += bool(self.control.tickets[-1].events)

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
        self.happened["killed in a rollout"] += self.control.core.state.rollout is not None
        self.happened["lost unrecorded"] += bool(unrecorded)
        self.outside.fleet.forget()
        self.control = SimulatedControl(self.outside)
        durable = {recorded.event.model_dump_json() for recorded in self.outside.journal.read()}
        assert all(event.model_dump_json() in durable for event in acknowledged)

    def _draw_command(self) -> Command | None:  # noqa: PLR0911 - one for each kind
        author, service = self.random.choice(("ann", "bob")), self.random.choice(SERVICES)
        match self.random.randrange(20):
            case 0 | 1:
                return self._propose(author)
            case 2:
                return Rollback(author, self.random.choice((None, 1, 2, 3)))
            case 3:
                chosen = self.random.choice((None, Limits(requests=self.random.choice((5.0, 7.0, 1e6)))))
                return SetOwnerLimits(author, service, chosen)
            case 4 | 5 | 6 | 7 | 8:
                return self._draw_finding(service)
            case 9:
                return self._draw_steering(author)
            case 10 | 11 | 12:
                return draw_telling(self.random, self.control.core.state, author, service, self.outside.now)
            case _:
                return self._draw_mitigating(author, service)

    def _draw_steering(self, author: str) -> Command:
        """What the pacer or people do with a rollout, at the right moment or not."""
        rollout = self.control.core.state.rollout
        if rollout is not None and self.random.random() < 0.4:
            return AdvanceRollout(rollout.number, rollout.wave)
        return self.random.choice(
            (
                AdvanceRollout(self.random.randint(1, 5), self.random.randint(0, 3)),
                PauseRollout(author, "wait"),
                ResumeRollout(author),
                PromoteRollout(author, "all of it"),
                RollBackRollout(author, "it harms"),
                FreezeChanges(author, "holidays", 1.0),
                self.random.choice((FreezeChanges(author, "holidays"), ThawChanges(author), ThawChanges(author))),
            )
        )

    def _draw_mitigating(self, author: str, service: str) -> Protective:
        match self.random.randrange(7):
            case 0 | 1 | 2:
                return Mitigate(author, self._draw_measure(service), self.random.choice((1, 60, 600)), "because")
            case 3 | 4:
                return EndMitigation(author, self._draw_mitigation())
            case _:
                return self._draw_adjustment(author, service)

    def _draw_finding(self, service: str) -> Protective:
        """Something that the watch would say, sensible or not."""
        id_ = f"f-{self.random.randint(1, self.control.core.state.finding_next)}"
        finding = make_finding(service, self.random.choice(list(FindingKind)[:3]), self.random.choice((500.0, 900.0)))
        known = self.control.core.state.findings.get(id_)
        better = known.model_copy(update={"evidence": finding.evidence}) if known else finding
        return self.random.choice(
            (
                OpenFinding(finding),
                OpenFinding(finding),
                UpdateFinding(id_, better),
                UpdateFinding(id_, finding),
                CloseFinding(id_, "it is over"),
                SuggestMitigation(id_, self._draw_measure(service), 60.0, "it would help"),
                Mitigate("holdfast", self._draw_measure(service), 60.0, "it helps", finding=id_, edges=("e1",)),
                NoteTenantTold(f"t-{service}", self._draw_mitigation(), "https://example.com/hook"),
            )
        )

    def _draw_adjustment(self, author: str, service: str) -> Protective:
        if self.random.random() < 0.2:
            return SwitchComponent("watch", on=self.random.random() < 0.5, why="it was slow", author=author)
        mitigation = self._draw_mitigation()
        known = self.control.core.state.mitigations.get(mitigation)
        measure = known.measure if known and self.random.random() < 0.8 else self._draw_measure(service)
        edges, for_s = self.random.choice((None, ("e1",), ("e1", "w1"))), self.random.choice((None, 1.0, 600.0))
        return AdjustMitigation(author, mitigation, measure, "on more edges", edges, for_s)

    def _draw_mitigation(self) -> str:
        return f"m-{self.random.randint(1, self.control.core.state.mitigation_next)}"

    def _draw_measure(self, service: str) -> Measure:
        return self.random.choice(
            (
                Kill(service=service),
                ReadOnly(service=service),
                Deny(service=service, source=SOURCE),
                Block.model_validate({"networks": ["192.0.2.0/24"]}),
            )
        )

    def _propose(self, author: str) -> ProposeRevision | None:
        try:
            content = self.outside.journal.keep_text(self.random.choice(TEXTS))
        except JournalUnavailable:
            return None
        return ProposeRevision(author, content, "p.yaml")
