"""Everything that works beside control: the watch, the components, and what answers people's questions."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Final

from holdfast.adapters.api.app import Behind
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
from holdfast.runtime.live import source
from holdfast.runtime.live.guards import Guards
from holdfast.runtime.live.metrics import LiveMetrics
from holdfast.runtime.live.source import Live
from holdfast.runtime.operations import Operations, predict_nothing
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


def make_parts(control: Control, outside: Outside, places: StateDir, notifier: Notifier, *, watching: bool) -> Parts:
    """All of them, at rest. Without `watching` nothing that edges report is looked at."""
    tally = TrafficTally()
    watcher = Watcher(control, Teller(notifier, control.world.clock).tell, tally.know, places.usual, EDGE_CORES)
    components = Components(places.path / "components", lambda command: _record(control, command))
    operations = Operations(control, outside.count_observed, watcher.predict if watching else predict_nothing)
    explainer = Explainer(control, outside.telemetry.find_requests)
    guards = Guards(control, watcher, components)
    metrics = MetricsPage(LiveMetrics(control, watcher, components), tally)
    live = Live(source.Parts(control, operations, watcher, components, explainer, guards))

    def take_report(report: EdgeReport) -> None:
        watcher.take_report(report)
        tally.take(report)

    def take_samples(samples: Sequence[SampledRequest]) -> None:
        watcher.take_samples(samples)
        components.offer([sample for sample in samples if sample.document is not None])

    async def run_components() -> None:
        await components.run(control.state.components.get(ANALYSER))

    if watching:
        outside.telemetry.follow(take_report, take_samples)
    behind = Behind(operations, Switchboard(components, watcher), explainer, metrics.render)
    return Parts(operations, behind, live, [watcher.run, run_components] if watching else [], watcher.close)


async def _record(control: Control, command: SwitchComponent) -> Refusal | None:
    ticket = await control.submit(command, RECORD_S)
    return ticket.refusal
