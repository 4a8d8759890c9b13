"""How Holdfast's own parts are: telemetry, detector, analyser."""

from holdfast import __version__
from holdfast.model.component import ComponentStatus, Phase
from holdfast.runtime.components import Components
from holdfast.runtime.control import Control
from holdfast.runtime.watch.guard import CPU_SHARE_MAX, LAG_S_MAX, WORDS, Level
from holdfast.runtime.watch.watcher import COMPONENT, Watcher
from holdfast.views.live_guards import BudgetDocument, GuardDocument, GuardsDocument, GuardState

MIB = 1024 * 1024
REPORT_AGE_S_MAX = 2.0
"""An edge whose last report is older is called blind."""
_STATES = {
    Phase.ON: GuardState.ON,
    Phase.STARTING: GuardState.ON,
    Phase.SHADOW: GuardState.ON,
    Phase.OFF: GuardState.OFF,
}


class Guards:
    """Reads the parts of a running Holdfast."""

    def __init__(self, control: Control, watcher: Watcher, components: Components) -> None:
        self._control = control
        self._watcher = watcher
        self._components = components
        self._started_at = control.world.clock()

    def show(self) -> GuardsDocument:
        """Every part, and the journal."""
        control = self._control
        return GuardsDocument(
            now=control.world.clock(),
            version=__version__,
            started_at=self._started_at,
            guards=self.show_all(),
            journal_writable=control.journal_writable,
            unrecorded=len(control.core.unrecorded),
        )

    def show_all(self) -> tuple[GuardDocument, ...]:
        """Every part."""
        return self._show_telemetry(), self._show_detector(), _show_component(self._components.status)

    def _show_telemetry(self) -> GuardDocument:
        edges, dropped = self._watcher.lookout.read_edges(), self._watcher.dropped
        blind = [edge.edge for edge in edges if edge.age_s is None or edge.age_s > REPORT_AGE_S_MAX]
        degraded = [f"{edge.edge}: {what}" for edge in edges for what in edge.degraded]
        if blind:
            degraded.insert(0, f"no reports from {', '.join(blind[:5])}")
        if dropped.reports or dropped.samples:
            degraded.append(f"{dropped.reports} reports and {dropped.samples} samples were dropped since the start")
        state = GuardState.OFF if edges and len(blind) == len(edges) else GuardState.ON
        lag_s = max((edge.age_s for edge in edges if edge.age_s is not None), default=0.0)
        return GuardDocument(
            name="telemetry",
            what="what the edges count and sample",
            state=GuardState.DEGRADED if degraded and state is GuardState.ON else state,
            since=self._started_at,
            budgets=(BudgetDocument(name="behind", used=lag_s, maximum=REPORT_AGE_S_MAX, unit="s"),),
            degraded=tuple(degraded),
        )

    def _show_detector(self) -> GuardDocument:
        guard, switched = self._watcher.guard, self._control.state.components.get(COMPONENT)
        state = {Level.FULL: GuardState.ON, Level.OFF: GuardState.OFF}.get(guard.level, GuardState.DEGRADED)
        return GuardDocument(
            name=COMPONENT,
            what="finds what is unusual, names it, and holds it",
            state=state,
            why=switched.why if switched else "",
            since=switched.since if switched else self._started_at,
            version=__version__,
            budgets=(
                BudgetDocument(name="CPU", used=guard.share, maximum=CPU_SHARE_MAX, unit="cores"),
                BudgetDocument(name="behind", used=guard.lag_s, maximum=LAG_S_MAX, unit="s"),
            ),
            degraded=(WORDS[guard.level],) if state is GuardState.DEGRADED else (),
        )


def _show_component(status: ComponentStatus) -> GuardDocument:
    used, most = status.usage, status.allowed
    return GuardDocument(
        name=status.component,
        what="looks for large and complex GraphQL queries, in a process of its own",
        state=_STATES.get(status.phase, GuardState.DEGRADED),
        why=_explain_phase(status),
        since=status.since,
        version=status.version,
        budgets=(
            BudgetDocument(name="CPU", used=used.cpu_share, maximum=most.cpu_share, unit="cores"),
            BudgetDocument(name="memory", used=used.memory_bytes / MIB, maximum=most.memory_bytes / MIB, unit="MiB"),
            BudgetDocument(name="answer", used=used.lag_s, maximum=most.lag_s, unit="s"),
        ),
        degraded=(f"it is in the phase {status.phase}",) if status.phase not in _STATES else (),
    )


def _explain_phase(status: ComponentStatus) -> str:
    if status.phase is Phase.SHADOW:
        return "in shadow: it has to keep within its budget for a while before what it says counts"
    return status.why
