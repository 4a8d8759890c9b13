"""Reminds of announced work, begins and ends it on time: also what fell due while control was down."""

import logging
from collections.abc import Mapping
from functools import partial
from typing import Final

from holdfast.engine.incident_command import SetMaintenance
from holdfast.incidents.maintenance import find_next_due, plan_maintenance
from holdfast.model.maintenance import Maintenance
from holdfast.model.state import State
from holdfast.model.token import SYSTEM
from holdfast.runtime.control import Control

LOG: Final = logging.getLogger(__name__)
LOOK_S: Final = 5.0
"""The longest between two looks: somebody may set the clock."""
LOOK_S_MIN: Final = 0.05
DECISION_S_MAX: Final = 0.05
ROUNDS_MAX: Final = 3
"""A window that passed meanwhile is begun, then ended."""


class MaintenanceClock:
    """Runs it. All of it belongs to the event loop that `run` is awaited in."""

    def __init__(self, control: Control) -> None:
        self._control = control

    async def run(self) -> None:
        """Look until cancelled: when something falls due, and when anything about announced work changed."""
        while True:
            seen = self._control.state.maintenances
            try:
                await self.look()
            except Exception:
                LOG.exception("a look at announced work failed")
            await self._control.until(partial(_is_other, seen), self._sleep_s())

    async def look(self) -> None:
        """Do what is due."""
        for _ in range(ROUNDS_MAX):
            due = plan_maintenance(self._control.state.maintenances.values(), self._control.world.clock())
            if not due:
                return
            for each in due:
                command = SetMaintenance(SYSTEM, each.id, phase=each.phase, reminders=each.reminders, why=each.why)
                ticket = await self._control.submit(command, DECISION_S_MAX)
                if ticket.refusal is not None:
                    LOG.warning("%s: %s was refused: %s", each.id, each.why, ticket.refusal.message)

    def _sleep_s(self) -> float:
        now = self._control.world.clock()
        due_at = find_next_due(self._control.state.maintenances.values(), now)
        return LOOK_S if due_at is None else max(LOOK_S_MIN, min(LOOK_S, due_at - now))


def _is_other(seen: Mapping[str, Maintenance], state: State) -> bool:
    return state.maintenances is not seen
