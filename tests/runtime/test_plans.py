"""Plans against what is in force: whatever comes between, nothing goes out without one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from holdfast.model.danger import Danger
from holdfast.model.intent import Intent
from holdfast.model.recorded import PlatformUsage, RecordedRequest
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.rollout.plan import Plan
from holdfast.runtime import plans as module
from holdfast.runtime.plans import Plans
from holdfast.spec import check_text
from holdfast.views.plan import PlanDocument

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from holdfast.spec import Checked

from fakes.running import PLATFORM

RECORDED = RecordedRequest(method="GET", host="shop.example", path="/recorded")
GIVEN = RecordedRequest(method="GET", host="shop.example", path="/given")
USAGE = PlatformUsage()


def check(text: str) -> Checked:
    return check_text(text, "p.yaml")


@dataclass
class World:
    """A control, a planner and traffic, all of them pretended."""

    intent: Intent | None = None
    in_force: int = 1
    journal_writable: bool = True
    meanwhile: Callable[[], None] = lambda: None
    """Happens while a plan is made."""
    hangs: bool = False
    world: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(clock=lambda: 0.0))
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    endpoints: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def state(self) -> SimpleNamespace:
        return SimpleNamespace(in_force=self.in_force, rollout=None, freeze=None)

    async def plan(self, *given: Any) -> Plan:
        self.asked.append(given)
        self.meanwhile()
        if self.hangs:
            await asyncio.Event().wait()
        return Plan(dangers=(Danger("demoted", "shop would fall"),))

    async def recall_requests(self) -> tuple[RecordedRequest, ...]:
        return (RECORDED,)

    async def recall_usage(self) -> PlatformUsage:
        return USAGE

    async def find_dead(self, addresses: Collection[str]) -> frozenset[str]:
        self.endpoints.append(tuple(addresses))
        return frozenset(addresses)

    def judge(self, text: str = PLATFORM, *confirmed: str) -> PlanDocument | Refusal | None:
        plans = Plans(self, self, self, self.find_dead)  # type: ignore[arg-type]
        return asyncio.run(plans.judge(check(text), confirmed))


@pytest.fixture
def world() -> World:
    platform = check(PLATFORM).platform
    assert platform
    return World(Intent(platform))


def test_all_that_is_known_is_asked_about(world: World) -> None:
    more = PLATFORM.replace('["127.0.0.1:9000"]', '["127.0.0.1:9000", "127.0.0.1:9009"]')
    plans = Plans(world, world, world, world.find_dead)  # type: ignore[arg-type]
    found = asyncio.run(plans.preview(check(more), (GIVEN,), ("demoted",)))
    assert isinstance(found, PlanDocument)
    assert (found.verdict, found.against, found.unconfirmed) == ("sound", 1, ())
    ((old, platform, requests, usage, dead, _),) = world.asked
    assert (old, platform.name, requests, usage) == (world.intent, "small", (GIVEN, RECORDED), USAGE)
    assert (world.endpoints, dead) == ([("127.0.0.1:9009",)], {"127.0.0.1:9009"})


def test_before_anything_is_in_force_nothing_is_held_up(world: World) -> None:
    world.intent = None
    assert world.judge() is None


def test_another_revision_meanwhile_has_the_plan_made_anew(world: World) -> None:
    def put_in_force() -> None:
        world.in_force += len(world.asked) == 1

    world.meanwhile = put_in_force
    found = world.judge()
    assert isinstance(found, PlanDocument)
    assert (found.against, len(world.asked)) == (2, 2)


def test_revisions_without_end_are_no_reason_to_go_on(world: World) -> None:
    def put_in_force() -> None:
        world.in_force += 1

    world.meanwhile = put_in_force
    found = world.judge()
    assert isinstance(found, Refusal)
    assert found.code is RefusalCode.BUSY


def test_a_plan_that_fails_must_be_confirmed(world: World) -> None:
    def fail() -> None:
        raise RuntimeError("no room")

    world.meanwhile = fail
    found = world.judge()
    assert isinstance(found, PlanDocument)
    assert found.unconfirmed == ("effects-unknown",)
    assert "no room" in found.dangers[0].message
    assert isinstance(known := world.judge(PLATFORM, "effects-unknown"), PlanDocument)
    assert known.unconfirmed == ()


def test_a_plan_that_takes_too_long_must_be_confirmed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PLAN_S_MAX", 0.01)
    world.hangs = True
    found = world.judge()
    assert isinstance(found, PlanDocument)
    assert found.unconfirmed == ("effects-unknown",)


def test_without_a_journal_no_plan_is_made(world: World) -> None:
    world.journal_writable = False
    found = world.judge()
    assert isinstance(found, Refusal)
    assert (found.code, world.asked) == (RefusalCode.JOURNAL_UNAVAILABLE, [])


def test_so_many_wait_and_no_more(world: World) -> None:
    async def crowd() -> list[PlanDocument | Refusal | None]:
        plans = Plans(world, world, world, world.find_dead)  # type: ignore[arg-type]
        many = (plans.judge(check(PLATFORM), ()) for _ in range(module.TURNS_MAX + 2))
        return list(await asyncio.gather(*many))

    found = asyncio.run(crowd())
    assert sum(isinstance(each, PlanDocument) for each in found) == module.TURNS_MAX
    assert {each.code for each in found if isinstance(each, Refusal)} == {RefusalCode.BUSY}
