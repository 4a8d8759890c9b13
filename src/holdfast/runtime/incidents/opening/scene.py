"""What is known when it is decided about incidents: control's state, noted drills, forecasts of capacity."""

from collections.abc import Callable, Iterator, Sequence

from holdfast.incidents.noted_drills import Dated, list_noted_drills
from holdfast.incidents.opening.signs import Exercise, Layout, Scene
from holdfast.model.finding import Finding, FindingKind
from holdfast.model.note import DRILL_S_MAX
from holdfast.runtime.control import Control
from holdfast.runtime.watch.watcher import Watcher

LEARNING_S = 900.0
"""So long after its start the watch may not have found what was forecast before."""
Forecasts = Callable[[], Sequence[Finding] | None]
"""What reaches its capacity soon; None while nobody knows."""


class SceneReader:
    """Reads what there is to decide about. Belongs to control's event loop."""

    def __init__(self, control: Control, forecasts: Forecasts) -> None:
        self._control = control
        self._forecasts = forecasts
        self._layout: Layout | None = None

    def read(self) -> Scene | None:
        """As it is now; None while no platform is in force."""
        control, intent = self._control, self._control.intent
        if intent is None:
            return None
        if self._layout is None or self._layout.intent.platform is not intent.platform:
            self._layout = Layout.of(intent)
        layout = Layout(intent, self._layout.by_service)
        now = control.world.clock()
        return Scene(control.state, layout, now, list_exercises(control, now), self._forecasts())


def list_exercises(control: Control, now: float) -> tuple[Exercise, ...]:
    """The drills that were noted lately."""
    lately: list[Dated] = []
    for dated in _newest_first(control):
        if dated[1].at < now - DRILL_S_MAX:
            break
        lately.append(dated)
    return tuple(Exercise(each.began_at, each.ends_at, each.services) for each in list_noted_drills(lately))


def _newest_first(control: Control) -> Iterator[Dated]:
    yield from ((None, event) for event in reversed(control.core.unrecorded))
    yield from ((each.sequence, each.event) for each in reversed(control.recent))


def read_forecasts(watcher: Watcher) -> Forecasts:
    """What a watch says reaches its capacity soon."""

    def read() -> Sequence[Finding] | None:
        found = [each for each in watcher.findings if each.kind is FindingKind.HEADROOM]
        return found if found or watcher.look.at - watcher.since >= LEARNING_S else None

    return read


def forecast_nothing() -> None:
    """Where nobody watches."""
