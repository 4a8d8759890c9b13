"""Accounting by hand: a control that only has what is looked at, a clock that is set, and reports that are made."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from holdfast.incidents.downtime.layout import Subject
from holdfast.model.intent import Intent
from holdfast.model.platform import Platform
from holdfast.model.ports import Recorded
from holdfast.model.state import State
from holdfast.runtime.incidents.accounting.accounting import Accounting
from incidents.downtime_scenes import make_report

if TYPE_CHECKING:
    from holdfast.model.downtime import Stretch
    from holdfast.runtime.control import Control

BEGAN = 1_700_006_400.0
"""Midnight, in Unix time."""
REPORT_S = 2.5


def make_platform(*services: str, port: int = 1) -> Platform:
    places = {
        "us": {
            "edges": [{"name": "e1", "listen": f"127.0.0.1:{port}"}],
            "capacity": {"in_flight": 9, "requests": 99.0},
        },
        "eu": {
            "edges": [{"name": "e2", "listen": f"127.0.0.1:{port}"}],
            "capacity": {"in_flight": 9, "requests": 99.0},
        },
    }
    components = {"shop": {"title": "The shop", "services": ["cart", "pay"], "objective": 0.999}}
    return Platform.model_validate(
        {
            "holdfast": 1,
            "name": "p",
            "locations": places,
            "tenants": {
                f"t-{name}": {
                    "services": {name: {"hosts": [f"{name}.example"], "upstream": {"endpoints": ["127.0.0.1:9"]}}}
                }
                for name in services
            },
            "status": {"title": "P", "components": components},
        }
    )


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that awaits."""

    @wraps(test)
    def run(**fixtures: Any) -> None:
        asyncio.run(test(**fixtures))

    return run


@dataclass
class Clock:
    now: float = BEGAN

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeWorld:
    clock: Clock = field(default_factory=Clock)


@dataclass
class FakeControl:
    intent: Intent | None = field(default_factory=lambda: Intent(make_platform("cart", "pay")))
    state: State = field(default_factory=State)
    recent: list[Recorded] = field(default_factory=list)
    world: FakeWorld = field(default_factory=FakeWorld)


@dataclass
class Scene:
    """Accounting at a path, and how time passes."""

    accounting: Accounting
    control: FakeControl

    async def pass_time(
        self,
        seconds: float,
        *,
        lost: float = 0.0,
        per_s: int = 10,
        edges: tuple[str, ...] = ("e1", "e2"),
        at: str = "e1",
    ) -> None:
        """So many seconds in which these edges report; a share of the requests is lost at one of them."""
        for _ in range(round(seconds / REPORT_S)):
            began_at = self.control.world.clock.now
            self.control.world.clock.now += REPORT_S
            for edge in edges:
                asked = round(per_s * REPORT_S)
                failed = round(asked * lost) if edge == at else 0
                metrics = {"offered": asked, "admitted": asked, "failed": failed}
                report = make_report(
                    {"cart": metrics, "pay": metrics}, edge=edge, began_at=began_at, ended_at=began_at + REPORT_S
                )
                self.accounting.take_report(report)
            await self.accounting.look()

    def read(self, kind: str, name: str, region: str) -> list[tuple[float, float, str]]:
        """Stretches, in seconds since the beginning."""
        found = self.accounting.book.list_subject_stretches(Subject(kind, name), region, 0, 1e12)
        return spell(found)


def spell(stretches: Any) -> list[tuple[float, float, str]]:
    found: list[Stretch] = list(stretches)
    return [(round(s.began_at - BEGAN, 1), round(s.ended_at - BEGAN, 1), s.standing.name) for s in found]


@contextmanager
def open_scene(path: Path, control: FakeControl | None = None) -> Iterator[Scene]:
    control = control or FakeControl()
    accounting = Accounting(cast("Control", control), path)
    try:
        yield Scene(accounting, control)
    finally:
        accounting.close()
