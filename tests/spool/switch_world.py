"""A small world around the switch of one service: every step that anybody in it may take, one at a time.

One client sends messages of one order, each after the one before was acknowledged, through two edges; control, the
edges, the spooler and the upstream act whenever they like, and die. Time is left out: whatever waits for some seconds
may happen at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from holdfast.spool.switching import (
    Hold,
    Load,
    Phase,
    Position,
    Switch,
    look_at_load,
    resume_switch,
    take_arrival,
    take_failure,
    take_position,
)

LATE = 10_000.0
CHANNEL_MAX = 2
DIRECT = Switch()
LAST = 3
"""Messages are numbered from 1 to this."""


@dataclass(frozen=True)
class World:
    switch: Switch = DIRECT
    remembered_open: bool = False
    """What of the switch survives the spooler."""
    kept: tuple[int, ...] = ()
    """The store: what waits, in order."""
    settled: frozenset[int] = frozenset()
    """What the store knows to be delivered."""
    acknowledged: frozenset[int] = frozenset()
    taken: tuple[int, ...] = ()
    """The upstream's ledger; it knows by the key what it has already."""
    upstream_up: bool = True
    sending: int = 1
    is_held: bool = False
    """The client waits for the spool's answer about what it sends."""
    switched: tuple[bool, bool] = (False, False)
    """Which edges send everything to the spool."""
    in_force: bool = False
    """Whether control has decided that they should."""
    heard: tuple[bool, int] | None = None
    """What control has heard last of what the spooler wants."""
    wishes: tuple[tuple[bool, int], ...] = ()
    positions: tuple[tuple[Position, int], ...] = ()
    """What is on its way, to control and from it."""


def list_steps(world: World) -> Iterator[tuple[str, World]]:
    """Everything that may happen next, by name."""
    yield from _list_steps_of_client(world)
    yield from _list_steps_of_spooler(world)
    yield from _list_steps_of_control(world)
    yield "the upstream fails or returns", replace(world, upstream_up=not world.upstream_up)


def _list_steps_of_client(world: World) -> Iterator[tuple[str, World]]:
    if world.is_held:
        yield "the client's patience ends", replace(world, is_held=False)
    elif world.sending <= LAST:
        for edge in (0, 1):
            to_upstream = not world.switched[edge] and world.upstream_up
            after = _acknowledge(_take(world, world.sending)) if to_upstream else _arrive(world)
            yield f"{world.sending} is sent through edge {edge}", after


def _arrive(world: World) -> World:
    number = world.sending
    if number not in world.kept and number not in world.settled:
        world = replace(world, kept=(*world.kept, number))
    switch, hold = take_arrival(world.switch, 0.0, ordered=True)
    world = _turn(world, switch)
    if hold is Hold.NOTHING or number in world.settled:
        return _acknowledge(world)
    return replace(world, is_held=True)


def _list_steps_of_spooler(world: World) -> Iterator[tuple[str, World]]:
    if world.is_held and (world.switch.phase is Phase.SPOOLING or world.sending in world.settled):
        yield "the answer is let go", _acknowledge(world)
    if world.kept and world.upstream_up:
        first, *rest = world.kept
        taken = _take(world, first)
        yield "the first is delivered", replace(taken, kept=tuple(rest), settled=world.settled | {first})
        yield "the first is delivered, and the spooler dies", _crash(taken)
    if world.kept and not world.upstream_up:
        yield "the first isn't taken", _turn(world, take_failure(world.switch, 0.0))
    owed = len(set(world.kept) & world.acknowledged)
    position, turn = world.positions[0] if world.positions else (None, -1)
    load = Load(
        waiting=len(world.kept),
        owed=owed,
        held=int(world.is_held),
        is_failing=not world.upstream_up and bool(world.kept),
        ordered=len(world.kept),
    )
    known = position if turn == world.switch.turn else None
    yield "the spooler looks", _turn(world, look_at_load(world.switch, load, known, LATE))
    if world.positions:
        position, turn = world.positions[0]
        after = replace(world, positions=world.positions[1:])
        switch = take_position(world.switch, position, turn, 0.0, pinned=False)
        known = position if turn == switch.turn else None
        yield "control is heard", _turn(after, look_at_load(switch, load, known, 0.0))
    yield "the spooler dies", _crash(world)


def _list_steps_of_control(world: World) -> Iterator[tuple[str, World]]:
    if world.wishes:
        heard, *rest = world.wishes
        yield "control hears", replace(world, heard=heard, wishes=tuple(rest), in_force=heard[0])
    for edge, switched in enumerate(world.switched):
        if switched is not world.in_force:
            both = tuple(world.in_force if n == edge else other for n, other in enumerate(world.switched))
            yield f"edge {edge} follows", replace(world, switched=(both[0], both[1]))
    if world.heard is not None and len(world.positions) < CHANNEL_MAX:
        said = (*world.positions, (_find_position(world), world.heard[1]))
        yield "control tells", replace(world, positions=said)
    yield "control dies", replace(world, heard=None, positions=(), wishes=(_wish(world.switch),))


def _find_position(world: World) -> Position:
    if all(switched is world.in_force for switched in world.switched):
        return Position.OPEN if world.in_force else Position.CLOSED
    return Position.MOVING


def _turn(world: World, switch: Switch) -> World:
    """The switch moved: what must survive is written, and control is told what is wanted."""
    after = replace(switch, since=0.0, failed_closings=0)
    wishes = world.wishes
    if after.turn != world.switch.turn:
        wishes = (*wishes, _wish(after))[-CHANNEL_MAX:]
    return _renumber(replace(world, switch=after, remembered_open=after.is_open, wishes=wishes))


def _crash(world: World) -> World:
    switch = resume_switch(was_open=world.remembered_open, waiting=len(world.kept), now=0.0)
    return replace(world, switch=switch, is_held=False, heard=None, positions=(), wishes=(_wish(switch),))


def _wish(switch: Switch) -> tuple[bool, int]:
    return switch.wants_open, switch.turn


def _take(world: World, number: int) -> World:
    return world if number in world.taken else replace(world, taken=(*world.taken, number))


def _acknowledge(world: World) -> World:
    return replace(world, acknowledged=world.acknowledged | {world.sending}, sending=world.sending + 1, is_held=False)


def _renumber(world: World) -> World:
    """Let turns begin at 1 again: only whether they are the same counts."""
    turns = [world.switch.turn, *(turn for _, turn in world.wishes + world.positions)]
    turns += [world.heard[1]] if world.heard else []
    low = min(turns) - 1
    if low <= 0:
        return world
    return replace(
        world,
        switch=replace(world.switch, turn=world.switch.turn - low),
        wishes=tuple((wanted, turn - low) for wanted, turn in world.wishes),
        positions=tuple((position, turn - low) for position, turn in world.positions),
        heard=(world.heard[0], world.heard[1] - low) if world.heard else None,
    )
