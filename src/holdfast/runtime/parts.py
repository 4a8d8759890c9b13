"""Everything that works beside control: the watch, the components, and what answers people's questions."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Final

from holdfast.adapters.api.app import Behind
from holdfast.adapters.facts import find_dead
from holdfast.adapters.metrics import MetricsPage, TrafficTally
from holdfast.adapters.notify import Notifier
from holdfast.engine.command import SwitchComponent
from holdfast.model.component import ANALYSER
from holdfast.model.refusal import Refusal
from holdfast.model.sample import SampledRequest
from holdfast.model.telemetry import EdgeReport
from holdfast.runtime.assembly import Outside
from holdfast.runtime.components import Components
from holdfast.runtime.control import Control
from holdfast.runtime.explaining import Explainer
from holdfast.runtime.incidents.incident_operations import IncidentOperations
from holdfast.runtime.incidents.promise_operations import FollowUpOperations, MaintenanceOperations
from holdfast.runtime.incidents.tellers import TellSettings, make_tellers
from holdfast.runtime.known_traffic import KnownTraffic
from holdfast.runtime.ledger import Ledger
from holdfast.runtime.live import source
from holdfast.runtime.live.guards import Guards
from holdfast.runtime.live.metrics import LiveMetrics
from holdfast.runtime.live.source import Live
from holdfast.runtime.live.spool import LiveSpool
from holdfast.runtime.operations import Operations, predict_nothing
from holdfast.runtime.planning import Planner
from holdfast.runtime.plans import Plans, Traffic
from holdfast.runtime.recorded import RequestRecorder
from holdfast.runtime.recovery.drivers import make_drivers
from holdfast.runtime.rollouts import Pacer
from holdfast.runtime.state_dir import StateDir
from holdfast.runtime.switchboard import Switchboard
from holdfast.runtime.telling import Teller
from holdfast.runtime.watch.watcher import Watcher

RECORD_S: Final = 2.0
"""The longest that a switched component waits for its record."""
EDGE_CORES: Final = 1.0
"""Each Envoy has one worker."""
Work = Callable[[], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the API and the console speak for, and what has to be kept running."""

    operations: Operations
    behind: Behind
    live: Live
    work: Sequence[Work]
    close: Callable[[], None]


def make_parts(
    control: Control,
    outside: Outside,
    places: StateDir,
    notifier: Notifier,
    telling: TellSettings,
    *,
    watching: bool,
) -> Parts:
    """All of them, at rest. Without `watching` nothing that edges report is looked at."""
    tally = TrafficTally()
    watcher = Watcher(control, Teller(notifier, control.world.clock).tell, tally.know, places.usual, EDGE_CORES)
    components = Components(places.path / "components", lambda command: _record(control, command))
    recorder = RequestRecorder(places.recorded, lambda: control.intent, control.world.clock)
    traffic = KnownTraffic(recorder, watcher, places.peaks, control.world.clock)
    drivers = make_drivers(control, places, watcher, traffic, watching=watching)
    tellers = make_tellers(control, places, watcher, telling, watching=watching)
    plans = _make_plans(control, outside, traffic)
    predict = watcher.predict if watching else predict_nothing
    pacer = Pacer(control, reporting=watching)
    operations = Operations(control, outside.count_observed, predict, plans, lambda: pacer.standing)
    explainer, ledger = Explainer(control, outside.telemetry.find_requests), Ledger(control)
    guards = Guards(control, watcher, components)
    spool = LiveSpool(control, drivers.spool)
    metrics = MetricsPage(LiveMetrics(control, watcher, components, drivers, spool), tally)
    live = Live(source.Parts(control, operations, watcher, components, explainer, guards, ledger, drivers, spool))

    def take_report(report: EdgeReport) -> None:
        watcher.take_report(report)
        tally.take(report)
        pacer.take_report(report)
        drivers.failing_over.take_report(report)
        tellers.take_report(report)

    def take_samples(samples: Sequence[SampledRequest]) -> None:
        watcher.take_samples(samples)
        recorder.take_samples(samples)
        components.offer([sample for sample in samples if sample.document is not None])

    async def run_components() -> None:
        await components.run(control.state.components.get(ANALYSER))

    if watching:
        outside.telemetry.follow(take_report, take_samples)
    behind = Behind(
        operations,
        Switchboard(components, watcher, drivers.failing_over),
        explainer,
        ledger,
        metrics.render,
        drivers.machines,
        drivers.spool,
        drivers.readiness,
        drivers.failing_over,
        drivers.restoration,
        IncidentOperations(control, ledger),
        FollowUpOperations(control),
        MaintenanceOperations(control),
    )

    def close() -> None:
        tellers.close()
        drivers.close()
        watcher.close()
        recorder.close()
        traffic.close()

    watchers = [watcher.run, run_components, recorder.run, traffic.run] if watching else []
    work = [pacer.run, *drivers.work, *tellers.work, *watchers]
    return Parts(operations, behind, live, work, close)


def _make_plans(control: Control, outside: Outside, traffic: Traffic) -> Plans | None:
    """Nothing, where there is no place to try a change."""
    if outside.trials is None:
        return None
    planner = Planner(control.world.compiler, outside.canary, outside.trials)
    return Plans(control, planner, traffic, find_dead)


async def _record(control: Control, command: SwitchComponent) -> Refusal | None:
    ticket = await control.submit(command, RECORD_S)
    return ticket.refusal
