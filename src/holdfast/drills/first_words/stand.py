"""Everything that runs while the drill is played."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from holdfast.drills.stage.commands import run_command
from holdfast.drills.stage.control_api import ControlClient, ControlUnreachable
from holdfast.incidents.opening.signs import is_forecast
from holdfast.views.incidents import IncidentsDocument
from holdfast.views.subscribers import SubscribersDocument

if TYPE_CHECKING:
    from collections.abc import Callable

    from holdfast.drills.first_words.cast import Cast
    from holdfast.drills.first_words.scenario import FirstWords, Form
    from holdfast.drills.instruments import Upstream
    from holdfast.drills.stage.holdfast_process import HoldfastProcess
    from holdfast.drills.stage.machine import Cores
    from holdfast.drills.stage.pagers import Pagers
    from holdfast.drills.stage.site_reader import SiteReader
    from holdfast.runtime.state_dir import StateDir

ANSWER_S_MAX: Final = 30.0
LOOK_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Seen:
    """An incident as control's API told it; a forecast is one of growth. Times are Unix times, in seconds."""

    id: str
    services: frozenset[str]
    opened_at: float
    is_open: bool
    is_forecast: bool = False


class Operator(ControlClient):
    """Whoever works on incidents, over control's API."""

    def __init__(self, places: StateDir) -> None:
        super().__init__(places, ANSWER_S_MAX)

    def list_incidents(self) -> list[Seen]:
        """All incidents. Raises ControlUnreachable."""
        answer = self._ask("GET", "/v1/incidents")
        if not answer.is_success:
            raise ControlUnreachable(f"GET /v1/incidents: {answer.status_code} {answer.text[:300]}")
        told = IncidentsDocument.model_validate_json(answer.content)
        incidents = [row.incident for row in (*told.resolved, *told.open)]
        return [
            Seen(each.id, frozenset(each.services), each.opened_at, each.is_open, is_forecast(each))
            for each in incidents
        ]

    def subscribe(self, address: str) -> None:
        """Ask to be told of everything that is published, as anybody may. Raises ControlUnreachable."""
        answer = self._client.post("/public/subscribers", data={"address": address})
        if not answer.is_success:
            raise ControlUnreachable(f"POST /public/subscribers: {answer.status_code} {answer.text[:300]}")

    def count_subscribers(self) -> int:
        """Those who are told. Raises ControlUnreachable."""
        answer = self._ask("GET", "/v1/subscribers")
        if not answer.is_success:
            raise ControlUnreachable(f"GET /v1/subscribers: {answer.status_code} {answer.text[:300]}")
        return len(SubscribersDocument.model_validate_json(answer.content).subscribers)


@dataclass(frozen=True, slots=True)
class Stand:
    """Holdfast at work, who is paged, who reads the status site, and whoever is told what happens."""

    scenario: FirstWords
    form: Form
    cast: Cast
    cores: Cores
    port: int
    upstream: Upstream
    holdfast: HoldfastProcess
    pagers: Pagers
    reader: SiteReader
    operator: Operator
    tell: Callable[[str], None]

    def run(self, *arguments: str) -> str:
        """What a command of `holdfast` printed. Raises CommandFailed."""
        return run_command(self.holdfast.places, self.cores, *arguments)


def wait_for(seconds_max: float, is_so: Callable[[], bool]) -> float | None:
    """When something was so for the first time (Unix time, in seconds); None if it wasn't in time."""
    deadline = time.monotonic() + seconds_max
    while time.monotonic() < deadline:
        if is_so():
            return time.time()
        time.sleep(LOOK_S)
    return None
