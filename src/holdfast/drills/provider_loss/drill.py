"""The drill provider-loss on real processes: Holdfast, Envoys, sites, load and lookers-on, all ended afterwards."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from holdfast.drills.drill import Order, Played, conclude
from holdfast.drills.instruments import build_instrument, start_load
from holdfast.drills.progress import Progress, Watcher
from holdfast.drills.provider_loss.acts import Stand, play_act
from holdfast.drills.provider_loss.cast import draw_cast
from holdfast.drills.provider_loss.evidence import make_page
from holdfast.drills.provider_loss.losses import Losses
from holdfast.drills.provider_loss.machines import Sites
from holdfast.drills.provider_loss.measures import Region, Run, measure_run
from holdfast.drills.provider_loss.places import EDGES, LOCATIONS, MAIL, SERVICES, SHOP, SHOP_EU
from holdfast.drills.provider_loss.platform_file import write_platform
from holdfast.drills.provider_loss.probers import Prober
from holdfast.drills.provider_loss.scenario import Loss
from holdfast.drills.provider_loss.scoring import collect_answers
from holdfast.drills.provider_loss.traffic import plan_traffic
from holdfast.drills.provider_loss.ways import Ways, WaysUnavailable
from holdfast.drills.sheet import Sheet
from holdfast.drills.stage.aftermath import Aftermath, look_afterwards, measure_aftermath
from holdfast.drills.stage.control_api import ControlApi
from holdfast.drills.stage.core_meter import CoreMeter
from holdfast.drills.stage.history import History
from holdfast.drills.stage.holdfast_process import HoldfastProcess
from holdfast.drills.stage.machine import describe_machine, divide_cores, find_free_ports
from holdfast.drills.stage.mail import Sender, Senders, await_received

if TYPE_CHECKING:
    from collections.abc import Mapping

    from holdfast.drills.instruments import LoadRun
    from holdfast.drills.provider_loss.scenario import Form, ProviderLoss

UNWATCHED: Final = ("--no-watch",)
HARMFUL: Final = (Loss.KILLED, Loss.BLACKHOLED, Loss.HUNG)
"""What is played without protections, once each."""
LEARN_S: Final = 3.0
"""Until health checks and connections are where they stay."""
DELIVERED_S_MAX: Final = 60.0
SPARE: Final = 1.2
SPARE_S: Final = 60.0
"""The traffic is planned for so much longer than is expected at most, and ended when it is no longer needed."""


def play(scenario: ProviderLoss, order: Order, watcher: Watcher) -> Played:
    """Play the drill from start to end. Raises DrillBroken, InstrumentError, BuildError, NoEnvoy."""
    return ProviderLossDrill(scenario, order, watcher).play()


def choose_form(scenario: ProviderLoss, order: Order) -> Form:
    """How much is played."""
    form = scenario.short if order.short else scenario.full
    if order.protected:
        return form
    return replace_losses(form, {loss: 1 for loss in HARMFUL if loss in form.losses})


def replace_losses(form: Form, losses: dict[Loss, int]) -> Form:
    """The same form with other losses."""
    return form.model_copy(update={"losses": losses})


class ProviderLossDrill:
    """One run of the drill."""

    def __init__(self, scenario: ProviderLoss, order: Order, watcher: Watcher) -> None:
        self._scenario = scenario
        self._order = order
        self._form = choose_form(scenario, order)
        self._progress = Progress(watcher)
        self._cores = divide_cores()
        self._cast = draw_cast(scenario, self._form, order.seed)
        self._aftermaths: list[Aftermath] = []

    def play(self) -> Played:
        """Play it from start to end."""
        machine = describe_machine(self._cores)
        build_instrument("load")
        build_instrument("upstream")
        sheet = Sheet(self._scenario, self._order.seed, self._order.protected, self._order.short)
        with tempfile.TemporaryDirectory(prefix="holdfast-drill-") as folder:
            run = self._play_on(Path(folder))
        scored = measure_run(sheet, run)
        measure_aftermath(sheet, self._aftermaths)
        return conclude(sheet, self._progress, machine, make_page(self._scenario, run, scored))

    def _play_on(self, folder: Path) -> Run:
        upstream_port, *ports = find_free_ports(1 + len(EDGES))
        port_of = dict(zip(EDGES, ports, strict=True))
        protected = self._order.protected
        text = write_platform(self._scenario, port_of, upstream_port, protected=protected)
        self._progress.begin("Holdfast starts", 10)
        with ExitStack() as stack:
            arguments = () if protected else UNWATCHED
            holdfast = stack.enter_context(HoldfastProcess(folder / "site", text, self._cores, arguments))
            stack.enter_context(look_afterwards(holdfast.places, self._aftermaths, protected=protected))
            ways = self._open_ways(stack, holdfast)
            ledgers = folder / "ledgers"
            sites = stack.enter_context(Sites(self._scenario, upstream_port, ledgers, self._cores.beside))
            api = stack.enter_context(ControlApi(holdfast.places))
            time.sleep(LEARN_S)
            losses = Losses(sites, ways, self._scenario.slow_answer)
            return self._play_acts(stack, holdfast, api, sites, losses, port_of, ledgers)

    def _open_ways(self, stack: ExitStack, holdfast: HoldfastProcess) -> Ways | None:
        """Edges' ways that can be cut, if that will be needed and the machine allows it; else it isn't played."""
        if not any(trouble.loss is Loss.CUT_OFF for trouble in self._cast.troubles):
            return None
        try:
            return stack.enter_context(Ways({edge: envoy.pid for edge, envoy in holdfast.envoys.items()}))
        except WaysUnavailable as error:
            self._progress.note(f"edges can't be cut off one by one, so that isn't played: {error}")
            troubles = tuple(trouble for trouble in self._cast.troubles if trouble.loss is not Loss.CUT_OFF)
            self._cast = replace(self._cast, troubles=troubles)
            return None

    def _play_acts(
        self,
        stack: ExitStack,
        holdfast: HoldfastProcess,
        api: ControlApi,
        sites: Sites,
        losses: Losses,
        port_of: Mapping[str, int],
        ledgers: Path,
    ) -> Run:
        cast, form = self._cast, self._form
        loads = self._start_traffic(stack, port_of)
        history = History(api, loads[EDGES[0]].started_ns)
        senders = stack.enter_context(self._gather_senders(port_of))
        probers = {location: stack.enter_context(self._gather_prober(location, port_of)) for location in LOCATIONS}
        stand = Stand(self._scenario, form, cast, self._cores, port_of, sites, losses, history, self._progress.note)
        meter = CoreMeter(self._cores.edge, [envoy.pid for envoy in holdfast.envoys.values()])
        self._progress.begin(f"{len(cast.troubles)} losses of a site", self._estimate_s(form.lost))
        acts = tuple(play_act(stand, trouble) for trouble in cast.troubles)
        use = meter.read()
        sent = senders.finish()
        self._progress.begin("mail is delivered", DELIVERED_S_MAX)
        received = await_received(sent, ledgers, DELIVERED_S_MAX)
        history.look_at_mitigations()
        probes = {location: prober.finish() for location, prober in probers.items()}
        results = {edge: load.finish_early() for edge, load in loads.items()}
        return Run(
            answers=collect_answers(results, history.began_ns),
            lateness_ms=max(result.summary.lateness_ms_p99 for result in results.values()),
            use=use,
            began_ns=history.began_ns,
            acts=acts,
            past=tuple(history.mitigations.values()),
            regions={location: Region(tuple(probes[location])) for location in LOCATIONS},
            sent=tuple(sent),
            received=tuple(received),
        )

    def _start_traffic(self, stack: ExitStack, port_of: Mapping[str, int]) -> dict[str, LoadRun]:
        longest_s = SPARE * self._estimate_s(self._form.lost + self._form.back) + SPARE_S
        rps = sum(self._cast.reads_rps[s.name] + self._scenario.writes for s in SERVICES for _ in LOCATIONS[s.location])
        self._progress.load(rps, 0.0)
        plans = {
            edge: plan_traffic(self._scenario, self._cast, edge, port, longest_s) for edge, port in port_of.items()
        }
        return {edge: stack.enter_context(start_load(plan, self._cores.beside)) for edge, plan in plans.items()}

    def _estimate_s(self, act_s: float) -> float:
        """How long all acts take together, each of them so long besides its quiet."""
        flapping = sum(sum(trouble.flaps_s) for trouble in self._cast.troubles)
        return len(self._cast.troubles) * (act_s + 3 * self._form.settle) + flapping

    def _gather_senders(self, port_of: Mapping[str, int]) -> Senders:
        mail, ports = self._scenario.mail, [port_of[edge] for edge in LOCATIONS[MAIL.location]]
        senders = [Sender(MAIL.name, f"reader-{number}") for number in range(mail.senders)]
        return Senders(senders, mail.order_by, mail.rate, ports, self._cast.mail_seed)

    def _gather_prober(self, location: str, port_of: Mapping[str, int]) -> Prober:
        service = SHOP if location == SHOP.location else SHOP_EU
        return Prober(service.name, [port_of[edge] for edge in LOCATIONS[location]], self._scenario.client_timeout)
