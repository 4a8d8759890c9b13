"""How long what is kept, and how much: finer tallies are added up to coarser ones, and the oldest go."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from holdfast.adapters.accounts.packing import add_up, pack, unpack
from holdfast.adapters.accounts.schema import GRAIN_S, MARKS, STRETCHES, TALLIES, WINDOWS, Grain

DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is kept: tallies for so many seconds, and of those that aren't days no more bytes than this."""

    kept_s: Mapping[Grain, float] = field(
        default_factory=lambda: {
            Grain.SLOT: 0.5 * DAY_S,
            Grain.MINUTE: 9 * DAY_S,
            Grain.HOUR: 60 * DAY_S,
            Grain.DAY: 400 * DAY_S,
        }
    )
    bytes_max: int = 512 * 2**20
    stretches_kept_s: float = 400 * DAY_S
    stretches_max: int = 500_000


def coarsen(connection: Connection, grain: Grain, until: float) -> None:
    """Add finer tallies up to the whole minutes, hours or days that are over at a Unix time, in seconds."""
    size_s = GRAIN_S[grain]
    begin, end = read_mark(connection, grain.name), math.floor(until / size_s) * size_s
    finer = Grain(grain - 1)
    if begin is None:
        first = connection.execute(select(func.min(TALLIES.c.at)).where(TALLIES.c.grain == finer)).scalar()
        begin = end if first is None else math.floor(first / size_s) * size_s
    while begin < end:
        _add_up_one(connection, grain, begin)
        begin += size_s
        begin = _skip_nothing(connection, finer, begin, end, size_s)
    set_mark(connection, grain.name, end)


def add_up_again(connection: Connection, times: Iterable[float]) -> None:
    """Have coarser tallies say what the slots of these times say now, as far as they were added up already."""
    wanted = list(times)
    for grain in (Grain.MINUTE, Grain.HOUR, Grain.DAY):
        size_s, mark = GRAIN_S[grain], read_mark(connection, grain.name)
        if mark is None:
            continue
        for begin in sorted({math.floor(at / size_s) * size_s for at in wanted if at < mark}):
            _add_up_one(connection, grain, begin)


def _add_up_one(connection: Connection, grain: Grain, at: float) -> None:
    t = TALLIES.c
    rows = connection.execute(
        select(t.region, t.body).where(t.grain == grain - 1, t.at >= at, t.at < at + GRAIN_S[grain])
    ).all()
    for region in sorted({row.region for row in rows}):
        whole = add_up(unpack(row.body) for row in rows if row.region == region)
        if whole is not None:
            values = {"grain": grain, "at": at, "region": region, "body": pack(whole)}
            connection.execute(insert(TALLIES).prefix_with("OR REPLACE").values(**values))


def _skip_nothing(connection: Connection, finer: Grain, begin: float, end: float, size_s: float) -> float:
    """The next time with anything to add up: control may have been away for long."""
    t = TALLIES.c
    found = connection.execute(select(func.min(t.at)).where(t.grain == finer, t.at >= begin, t.at < end)).scalar()
    return end if found is None else max(begin, math.floor(found / size_s) * size_s)


def forget(connection: Connection, now: float, bounds: Bounds) -> None:
    """Let go of what is too old, and then of the oldest of the finest, until the rest is small enough."""
    t = TALLIES.c
    for grain, kept_s in bounds.kept_s.items():
        connection.execute(delete(TALLIES).where(t.grain == grain, t.at < now - kept_s))
    for grain in (Grain.SLOT, Grain.MINUTE, Grain.HOUR, Grain.DAY):
        _shrink(connection, grain, bounds.bytes_max)
    connection.execute(delete(STRETCHES).where(STRETCHES.c.ended_at < now - bounds.stretches_kept_s))
    newest = select(STRETCHES.c.id).order_by(STRETCHES.c.id.desc()).offset(bounds.stretches_max).limit(1)
    last = connection.execute(newest).scalar()
    if last is not None:
        connection.execute(delete(STRETCHES).where(STRETCHES.c.id <= last))
    connection.execute(delete(WINDOWS).where(WINDOWS.c.ended_at < now - bounds.stretches_kept_s))


def _shrink(connection: Connection, grain: Grain, bytes_max: int) -> None:
    t = TALLIES.c
    over = (connection.execute(select(func.sum(func.length(t.body)))).scalar() or 0) - bytes_max
    if over <= 0:
        return
    for row in connection.execute(
        select(t.at, func.length(t.body).label("size")).where(t.grain == grain).order_by(t.at)
    ):
        over -= row.size
        last = row.at
        if over <= 0:
            break
    else:
        connection.execute(delete(TALLIES).where(t.grain == grain))
        return
    connection.execute(delete(TALLIES).where(t.grain == grain, t.at <= last))


def read_mark(connection: Connection, name: str) -> float | None:
    """How far something got; None if it hasn't begun."""
    value: float | None = connection.execute(select(MARKS.c.value).where(MARKS.c.name == name)).scalar()
    return value


def set_mark(connection: Connection, name: str, value: float) -> None:
    """Note how far something got."""
    connection.execute(insert(MARKS).prefix_with("OR REPLACE").values(name=name, value=value))
