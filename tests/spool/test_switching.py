"""The switch: whatever happens in whichever order, nothing is lost and no order is broken."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from holdfast.spool import switching
from holdfast.spool.switching import Hold, Load, Phase, Position, Switch, look_at_load, take_arrival, take_position
from spool.switch_world import World, list_steps

STATES_MAX = 400_000


def find_fault(world: World) -> str:
    """What is wrong in a world; nothing if all is well."""
    if not all(world.switched) and (set(world.kept) & world.acknowledged) - set(world.taken):
        return "something is owed while an edge routes directly"
    if list(world.taken) != sorted(world.taken):
        return "the order is broken"
    if not world.acknowledged <= {*world.taken, *world.kept}:
        return "something acknowledged is lost"
    return ""


def explore(is_wrong: Callable[[World], str]) -> tuple[int, list[str]]:
    """How many worlds can be reached, and the shortest way to one that is wrong."""
    begin = World()
    came_from: dict[World, tuple[World, str] | None] = {begin: None}
    queue = deque([begin])
    while queue:
        world = queue.popleft()
        for name, after in list_steps(world):
            if after in came_from:
                continue
            came_from[after] = world, name
            if fault := is_wrong(after):
                return len(came_from), [*_tell_way(came_from, after), fault]
            queue.append(after)
    return len(came_from), []


def _tell_way(came_from: dict[World, tuple[World, str] | None], world: World) -> list[str]:
    way = []
    while (step := came_from[world]) is not None:
        world, name = step
        way.append(f"{name} ({world.switch.phase})")
    return way[::-1]


def test_in_every_world_that_can_be_reached_nothing_is_lost_and_no_order_is_broken() -> None:
    states, fault = explore(find_fault)
    assert fault == []
    assert states > 10_000


@pytest.mark.parametrize("goal", list(Phase))
def test_every_phase_is_reached(goal: Phase) -> None:
    assert explore(lambda world: "there" if world.switch.phase is goal and world.acknowledged else "")[1]


def test_a_world_that_acknowledges_before_every_edge_has_switched_is_found_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def take_arrival_hastily(switch: Switch, now: float, *, ordered: bool) -> tuple[Switch, Hold]:
        return take_arrival(switch, now, ordered=ordered)[0], Hold.NOTHING

    monkeypatch.setattr("spool.switch_world.take_arrival", take_arrival_hastily)
    assert explore(find_fault)[1]


def test_a_world_that_takes_old_news_for_new_is_found_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def take_any(switch: Switch, position: Position, turn: int, now: float, *, pinned: bool) -> Switch:
        return take_position(switch, position, switch.turn, now, pinned=pinned)

    monkeypatch.setattr("spool.switch_world.take_position", take_any)
    assert explore(find_fault)[1]


def test_what_has_no_order_is_acknowledged_while_edges_switch() -> None:
    switch, hold = take_arrival(Switch(), 0.0, ordered=False)
    assert (switch.phase, hold) == (Phase.OPENING, Hold.NOTHING)
    assert take_arrival(switch, 0.0, ordered=True)[1] is Hold.SWITCH


def test_an_upstream_that_keeps_failing_is_tried_less_and_less_often() -> None:
    switch, closings, now = Switch(Phase.SPOOLING, turn=1), list[float](), 0.0
    idle, failing = Load(0, 0, 0, is_failing=False), Load(1, 1, 1, is_failing=True)
    while len(closings) < 8:
        now += 0.25
        switch = look_at_load(switch, idle, Position.OPEN, now)
        if switch.phase is Phase.CLOSING:
            closings.append(now)
            switch = look_at_load(switch, failing, Position.OPEN, now)
    gaps = [later - earlier for earlier, later in pairwise(closings)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == switching.STAY_S_MAX


def test_while_it_is_pinned_it_stays_open() -> None:
    switch = take_position(Switch(), Position.CLOSED, 0, 0.0, pinned=True)
    assert switch.phase is Phase.OPENING
    switch = take_position(switch, Position.OPEN, switch.turn, 0.0, pinned=True)
    idle = Load(0, 0, 0, is_failing=False)
    assert look_at_load(switch, idle, Position.OPEN, 1e6).phase is Phase.SPOOLING
    assert look_at_load(replace(switch, pinned=False), idle, Position.OPEN, 1e6).phase is Phase.CLOSING


@pytest.mark.parametrize(
    ("waiting", "ordered", "phase"),
    [(20, 0, Phase.CLOSING), (20, 4, Phase.CLOSING), (20, 5, Phase.SPOOLING), (40, 0, Phase.SPOOLING)],
)
def test_it_doesnt_begin_to_close_with_more_ahead_than_clients_can_wait_for(
    waiting: int, ordered: int, phase: Phase
) -> None:
    load = Load(waiting, ordered, 0, is_failing=False, few=32, ordered=ordered, soon=4)
    assert look_at_load(Switch(Phase.SPOOLING, turn=1), load, Position.OPEN, 1e6).phase is phase
