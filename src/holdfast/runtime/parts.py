"""Everything that works beside control: the watch, the components, and what answers people's questions."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Final, ParamSpec

from holdfast.adapters.api.app import Behind
from holdfast.adapters.facts import find_dead
from holdfast.adapters.metrics import MetricsPage, TrafficTally
from holdfast.adapters.notify import Notifier
from holdfast.engine.command import SwitchComponent
from holdfast.model.component import ANALYSER
from holdfast.model.refusal import Refusal
from holdfast.model.sample import SampledRequest
from holdfast.model.subscriber import SubscriptionDesk
from holdfast.runtime.assembly import Outside
from holdfast.runtime.components import Components
from holdfast.runtime.control import Control
from holdfast.runtime.explaining import Explainer
from holdfast.runtime.incidents.incident_operations import IncidentOperations
from holdfast.runtime.incidents.postmortems import Postmortems
from holdfast.runtime.incidents.promise_operations import FollowUpOperations, MaintenanceOperations
from holdfast.runtime.incidents.tellers import Tellers, TellSettings, make_tellers
from holdfast.runtime.known_traffic import KnownTraffic
from holdfast.runtime.ledger import Ledger
from holdfast.runtime.live import source
from holdfast.runtime.live.guards import Guards
from holdfast.runtime.live.incidents import IncidentParts, LiveIncidents
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
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the API and the console speak for, and what has to be kept running."""

    operations: Operations
    behind: Behind
    subscriptions: SubscriptionDesk
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
    agents = outside.telemetry
    tellers = make_tellers(control, places, watcher, telling, notifier.settings, agents, watching=watching)
    plans = _make_plans(control, outside, traffic)
    predict = watcher.predict if watching else predict_nothing
    pacer = Pacer(control, reporting=watching)
    operations = Operations(control, outside.count_observed, predict, plans, lambda: pacer.standing)
    explainer, ledger = Explainer(control, outside.telemetry.find_requests), Ledger(control)
    guards = Guards(control, watcher, components)
    spool = LiveSpool(control, drivers.spool)
    metrics = MetricsPage(LiveMetrics(control, watcher, components, drivers, spool, tellers), tally)
    incidents = _make_incidents(control, ledger, tellers)
    seen = LiveIncidents(control, incidents)
    live = Live(source.Parts(control, operations, watcher, components, explainer, guards, ledger, drivers, spool, seen))

    def take_samples(samples: Sequence[SampledRequest]) -> None:
        watcher.take_samples(samples)
        recorder.take_samples(samples)
        components.offer([sample for sample in samples if sample.document is not None])

    async def run_components() -> None:
        await components.run(control.state.components.get(ANALYSER))

    if watching:
        failing_over, told = drivers.failing_over.take_report, tellers.take_report
        take_report = _call_all(watcher.take_report, tally.take, pacer.take_report, failing_over, told)
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
        incidents.incidents,
        incidents.follow_ups,
        incidents.maintenance,
        Postmortems(control, ledger, lambda: tellers.accounts),
        tellers.site,
        tellers.paging.operations,
        tellers.paging.alerts,
        tellers.subscribing.desk,
        tellers.downtime,
    )

    close = _call_all(tellers.close, drivers.close, watcher.close, recorder.close, traffic.close)
    watchers = [watcher.run, run_components, recorder.run, traffic.run] if watching else []
    work = [pacer.run, *drivers.work, *tellers.work, *watchers]
    return Parts(operations, behind, tellers.subscribing.desk, live, work, close)


def _call_all(*calls: Callable[P, None]) -> Callable[P, None]:
    """One for all of them, in this order."""

    def call(*given: P.args, **named: P.kwargs) -> None:
        for each in calls:
            each(*given, **named)

    return call


def _make_incidents(control: Control, ledger: Ledger, tellers: Tellers) -> IncidentParts:
    return IncidentParts(
        IncidentOperations(control, ledger),
        FollowUpOperations(control),
        MaintenanceOperations(control),
        tellers.paging.operations,
    )


def _make_plans(control: Control, outside: Outside, traffic: Traffic) -> Plans | None:
    """Nothing, where there is no place to try a change."""
    if outside.trials is None:
        return None
    planner = Planner(control.world.compiler, outside.canary, outside.trials)
    return Plans(control, planner, traffic, find_dead)


async def _record(control: Control, command: SwitchComponent) -> Refusal | None:
    ticket = await control.submit(command, RECORD_S)
    return ticket.refusal
