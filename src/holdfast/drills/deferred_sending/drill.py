"""The drill deferred-sending on real processes: Holdfast, Envoys, upstream and senders, all ended afterwards."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from holdfast.drills.bad_route_push.operator import Operator
from holdfast.drills.deferred_sending.measures import Run, measure_run
from holdfast.drills.deferred_sending.platform_file import Edition, PlatformFile
from holdfast.drills.deferred_sending.pushes import Stand, play_push
from holdfast.drills.deferred_sending.stranger import Stranger
from holdfast.drills.drill import Order, Played, conclude
from holdfast.drills.instruments import UpstreamOptions, start_upstream
from holdfast.drills.progress import Progress, Watcher
from holdfast.drills.report.page import Page
from holdfast.drills.sheet import Sheet
from holdfast.drills.stage.aftermath import Aftermath, look_afterwards, measure_aftermath
from holdfast.drills.stage.holdfast_process import HoldfastProcess
from holdfast.drills.stage.machine import describe_machine, divide_cores, find_free_ports
from holdfast.drills.stage.mail import Sender, Senders, await_received
from holdfast.drills.stage.names import service_names

if TYPE_CHECKING:
    from holdfast.drills.deferred_sending.scenario import DeferredSending

UNWATCHED: Final = ("--no-watch",)
PUSH_S: Final = 25.0
"""About what a push with its plan takes."""
DELIVERED_S_MAX: Final = 60.0
SEED_BITS: Final = 62


def play(scenario: DeferredSending, order: Order, watcher: Watcher) -> Played:
    """Play the drill from start to end. Raises DrillBroken, InstrumentError, BuildError, NoEnvoy."""
    return DeferredSendingDrill(scenario, order, watcher).play()


class DeferredSendingDrill:
    """One run of the drill."""

    def __init__(self, scenario: DeferredSending, order: Order, watcher: Watcher) -> None:
        self._scenario = scenario
        self._order = order
        self._form = scenario.short if order.short else scenario.full
        self._progress = Progress(watcher)
        self._cores = divide_cores()
        self._aftermaths: list[Aftermath] = []

    def play(self) -> Played:
        """Play it from start to end."""
        machine = describe_machine(self._cores)
        sheet = Sheet(self._scenario, self._order.seed, self._order.protected, self._order.short)
        with tempfile.TemporaryDirectory(prefix="holdfast-drill-") as folder:
            run = self._play_on(Path(folder))
        measure_run(sheet, run)
        measure_aftermath(sheet, self._aftermaths)
        facts = (f"{self._form.services} services on {self._scenario.edges} edges", f"{len(run.sent):,} messages")
        return conclude(
            sheet, self._progress, machine, Page(self._scenario.title, self._scenario.incident, facts=facts)
        )

    def _play_on(self, folder: Path) -> Run:
        upstream_port, *edge_ports = find_free_ports(1 + self._scenario.edges)
        protected = self._order.protected
        ledgers = folder / "ledgers"
        ledgers.mkdir()
        options = UpstreamOptions(
            cap=self._scenario.in_flight,
            answer_ms=self._scenario.answer * 1e3,
            port=upstream_port,
            ledger=ledgers / "receiver",
        )
        self._progress.begin("Holdfast starts", 10)
        with ExitStack() as stack:
            stack.enter_context(start_upstream(options, self._cores.beside))
            stranger = stack.enter_context(Stranger())
            file = PlatformFile(
                self._scenario, self._form, edge_ports, upstream_port, stranger.port, protected=protected
            )
            text, arguments = file.write(Edition.WORKING), () if protected else UNWATCHED
            holdfast = stack.enter_context(HoldfastProcess(folder / "site", text, self._cores, arguments))
            stack.enter_context(look_afterwards(holdfast.places, self._aftermaths, protected=protected))
            operator = stack.enter_context(Operator(holdfast.places))
            senders = stack.enter_context(self._gather_senders(edge_ports))
            stand = Stand(self._form, operator, file, self._progress.note, at_once=not protected)
            return self._play_pushes(stand, senders, ledgers)

    def _play_pushes(self, stand: Stand, senders: Senders, ledgers: Path) -> Run:
        form, pushes = self._form, []
        self._progress.load(form.services * form.rate, 0.0)
        self._progress.begin("messages are sent", form.learn)
        time.sleep(form.learn)
        self._progress.begin("the way to the API is broken", form.pushes * (PUSH_S + form.broken + form.settle))
        for _ in range(form.pushes):
            pushes.append(play_push(stand))
            time.sleep(form.settle)
        sent = senders.finish()
        self._progress.begin("what was kept is delivered", DELIVERED_S_MAX)
        return Run(tuple(pushes), tuple(sent), tuple(await_received(sent, ledgers, DELIVERED_S_MAX)))

    def _gather_senders(self, edge_ports: list[int]) -> Senders:
        """One for each service, so that its messages have one order."""
        senders = [Sender(name, name) for name in service_names(self._form.services)]
        seed = Random(self._order.seed).getrandbits(SEED_BITS)  # noqa: S311 - to be repeated, not to be unguessable
        return Senders(senders, self._scenario.order_by, self._form.rate, edge_ports, seed)
