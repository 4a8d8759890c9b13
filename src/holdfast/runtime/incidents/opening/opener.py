"""Opens incidents, follows them, and finds first words: beside control, by commands as people give them.

It looks whenever what it goes by has changed, and as time passes. All that it goes by is in control's state, so that
after a restart it takes up what is open, and opens nothing twice. If it dies, incidents stay as they are.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import Final

from holdfast.incidents.opening.plan import Measure, plan_incidents
from holdfast.incidents.opening.steps import Step
from holdfast.model.downtime import Stretch
from holdfast.model.incident import Incident
from holdfast.model.state import State
from holdfast.runtime.control import Control
from holdfast.runtime.incidents.opening.commands import to_command
from holdfast.runtime.incidents.opening.scene import Forecasts, SceneReader, forecast_nothing

LOG: Final = logging.getLogger(__name__)
LOOK_S: Final = 1.0
"""The longest between two looks."""
CPU_SHARE_MAX: Final = 0.1
"""Of one core: after an expensive look the next one is waited for."""
PAUSE_S_MAX: Final = 1.0
ROUNDS_MAX: Final = 20
"""Of steps that follow from each other in one look."""
DECISION_S_MAX: Final = 0.05
"""How long it waits for a decision to be recorded; that takes effect before."""


def measure_nothing(_incident: Incident, _ended_at: float) -> Sequence[Stretch] | None:
    """Where nobody keeps accounts."""
    return None


class IncidentOpener:
    """Runs it. All of it belongs to the event loop that `run` is awaited in."""

    def __init__(
        self, control: Control, forecasts: Forecasts = forecast_nothing, measure: Measure = measure_nothing
    ) -> None:
        self._control = control
        self._scenes = SceneReader(control, forecasts)
        self._measure = measure

    async def run(self) -> None:
        """Look until cancelled. A look that fails is noted, and the next one is tried."""
        while True:
            seen = list_watched(self._control.state)
            began = time.thread_time()
            try:
                await self.look()
            except Exception:
                LOG.exception("a look at what may be an incident failed")
            await asyncio.sleep(min((time.thread_time() - began) / CPU_SHARE_MAX, PAUSE_S_MAX))
            await self._control.until(partial(_is_other, seen), LOOK_S)

    async def look(self) -> None:
        """Look, and do what follows, until nothing does."""
        for _ in range(ROUNDS_MAX):
            scene = self._scenes.read()
            steps = plan_incidents(scene, self._measure) if scene is not None else ()
            if not steps:
                return
            if not all([await self._take(step) for step in steps]):
                return

    async def _take(self, step: Step) -> bool:
        command = to_command(step, self._control.state)
        ticket = await self._control.submit(command, DECISION_S_MAX)
        if ticket.refusal is not None:
            LOG.warning("%s was refused: %s", type(command).__name__, ticket.refusal.message)
        return ticket.refusal is None


def list_watched(state: State) -> tuple[object, ...]:
    """What it goes by; another object is in the place of each that changed."""
    return (
        state.findings,
        state.closed,
        state.mitigations,
        state.ended,
        state.revisions,
        state.components,
        state.incidents,
        state.maintenances,
    )


def _is_other(seen: Sequence[object], state: State) -> bool:
    return any(old is not new for old, new in zip(seen, list_watched(state), strict=True))
