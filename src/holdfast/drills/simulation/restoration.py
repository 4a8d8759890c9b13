"""Fifty services come back after an outage: by the production decisions, and all at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from holdfast.drills.simulation.restoration_world import DT_S, Made, World, make_services
from holdfast.model.restoration import Place, Returning, Sight
from holdfast.recover.restoration.advance import HOLD_S, Clocks, Situation, advance
from holdfast.recover.restoration.steps import EndHold, LetIn, Prolong

OUTAGE_S: Final = 60.0
LENGTH_S: Final = 1_800.0
WELL: Final = 0.02
"""A service is back when no more of its requests than this share gets no answer."""
TIMES_SOLO_MAX: Final = 1.5
SITES: Final = 3
SHOWN_MAX: Final = 20


@dataclass
class Course:
    """When each service was let in and when it was back, in seconds from the end of the outage."""

    let_in: dict[str, float] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)
    """When it first took its usual load, and was well."""
    back: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    lost: float = 0.0
    """Requests that got no answer after the outage, refused ones included."""
    failed: float = 0.0
    """Of those, the ones that had been let in."""


def restore(services: Sequence[Made], cold: frozenset[str]) -> Course:
    """Let the cold ones come back as control does: a look each second, on what was seen in the last two."""
    world, course = World(services, cold), Course()
    suffer_outage(world, cold)
    clocks: Clocks = {}
    returning = {name: _hold(name) for name in sorted(cold)}
    places = {each.name: _place(world, each) for each in services}
    capacity = {site: rps / 0.45 for site, rps in world.stores.items()}
    for name in cold:
        world.now[name].let_in_rps = 0.0
    now = 0.0
    while returning and now < LENGTH_S:
        for _ in range(round(1 / DT_S)):
            world.step()
            _count(course, world)
        now += 1.0
        sights = {name: _see(world, name) for name in world.services}
        advanced = advance(Situation(now, returning, places, sights, capacity), clocks)
        clocks = advanced.clocks
        _note_started(course, world, returning, now)
        for step in advanced.steps:
            _do(step, world, returning, course, now)
    return course


def let_all_in(services: Sequence[Made], cold: frozenset[str]) -> Course:
    """All at once, when the outage is over; back is who is well from then on to the end."""
    world, course = World(services, cold), Course()
    suffer_outage(world, cold)
    now = 0.0
    while now < LENGTH_S and len(course.back) < len(world.services):
        world.step()
        _count(course, world)
        now += DT_S
        for name, each in world.now.items():
            if each.admitted * each.failing <= each.offered * WELL:
                course.back.setdefault(name, now)
            else:
                course.back.pop(name, None)
    return course


def suffer_outage(world: World, cold: frozenset[str]) -> None:
    """Time in which nobody of the cold ones answers, and clients try again."""
    world.dead = cold
    for _ in range(round(OUTAGE_S / DT_S)):
        world.step()
    world.dead = frozenset()
    for name in cold:
        world.now[name].warmth = 0.0


def run_restoration(count: int, seed: int) -> dict[str, Any]:
    """One platform, with and without; as JSON."""
    services = make_services(count, SITES, seed)
    everybody = frozenset(each.name for each in services)
    together, at_once = restore(services, everybody), let_all_in(services, everybody)
    alone = {each.name: restore(services, frozenset({each.name})) for each in services}
    started = _compare(together, alone, lambda course: course.started)
    back = _compare(together, alone, lambda course: course.back)
    return {
        "services": count,
        "seed": seed,
        "restored": {
            "back": len(together.back),
            "all_back_s": max(together.back.values(), default=None),
            "out_of_order": together.wrong[:SHOWN_MAX],
            "start_times_solo": _spread(started),
            "release_times_solo": _spread(back),
            "requests_failed": round(together.failed),
            "requests_lost": round(together.lost),
        },
        "solo_start_s": _spread([each.started[name] - each.let_in[name] for name, each in alone.items()]),
        "at_once": {
            "back": len(at_once.back),
            "all_back_s": max(at_once.back.values()) if len(at_once.back) == count else None,
            "requests_failed": round(at_once.failed),
            "requests_lost": round(at_once.lost),
        },
        "ok": len(together.back) == count
        and not together.wrong
        and len(started) == count
        and max(started) <= TIMES_SOLO_MAX,
    }


def _compare(
    together: Course, alone: Mapping[str, Course], ended: Callable[[Course], Mapping[str, float]]
) -> list[float]:
    """How many times as long each service took together as by itself, from when it was let in."""
    return [
        (ended(together)[name] - together.let_in[name]) / (ended(solo)[name] - solo.let_in[name])
        for name, solo in alone.items()
        if name in ended(solo) and name in ended(together)
    ]


def _spread(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {"p50": round(ordered[len(ordered) // 2], 3), "max": round(ordered[-1], 3)} if ordered else {}


def _hold(name: str) -> Returning:
    return Returning(name, f"m-{int(name[1:]) + 1}", 0.0, 0.0, HOLD_S, None, pinned=False, author="sim", reason="")


def _place(world: World, made: Made) -> Place:
    return Place(made.rank, made.depends_on, world.usual[made.name], (made.site,))


def _see(world: World, name: str) -> Sight:
    now = world.now[name]
    return Sight(
        answers=True,
        offered_rps=now.offered,
        admitted_rps=now.admitted,
        refused_rps=now.refused,
        failing=now.failing if now.admitted else 0.0,
        slow=now.slow if now.admitted else 0.0,
    )


def _count(course: Course, world: World) -> None:
    for now in world.now.values():
        failed = now.admitted * now.failing * DT_S
        course.failed += failed
        course.lost += failed + now.refused * DT_S


def _note_started(course: Course, world: World, returning: dict[str, Returning], now: float) -> None:
    for name, each in returning.items():
        rate = each.let_in_rps
        if rate is not None and rate >= world.usual[name] and world.now[name].failing <= WELL:
            course.started.setdefault(name, now)


def _do(
    step: LetIn | EndHold | Prolong, world: World, returning: dict[str, Returning], course: Course, now: float
) -> None:
    before = step.returning
    name = before.service
    match step:
        case LetIn(rps=rps):
            if before.let_in_rps is None:
                course.let_in[name] = now
                _check_order(world, returning, course, name)
            world.now[name].let_in_rps = rps
            returning[name] = Returning(
                name, before.hold, before.began_at, now, now + HOLD_S, rps, before.pinned, before.author, before.reason
            )
        case EndHold():
            world.now[name].let_in_rps = None
            course.started.setdefault(name, now)
            course.back[name] = now
            del returning[name]
        case Prolong():
            pass


def _check_order(world: World, returning: dict[str, Returning], course: Course, name: str) -> None:
    """Nobody before what it depends on, judged by the world and not by what was decided from."""
    for needed in world.services[name].depends_on:
        held = needed in returning and returning[needed].let_in_rps is None
        failing = world.now[needed].failing
        if held or failing > 0.05:
            course.wrong.append(f"{name} before {needed}, of which {failing:.0%} fails{', held' if held else ''}")
