"""From a course, slot by slot, to stretches: silence is filled in, and edges are placed within their slots."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.incidents.downtime.chain import IS_DEGRADED, IS_DOWN, IS_SLOW
from holdfast.incidents.downtime.definition import BRIDGE_SLOTS, DEGRADED_SHARE, QUIET_SLOTS
from holdfast.model.downtime import Standing

ENOUGH: Final = 10.0
"""Requests in a slot from which its share says when within it something changed."""
APART: Final = 0.1
"""Shares on both sides must differ by this much to say so."""

WELL_SHARE: Final = 0.02
"""Where no more is lost than this, what is lost of a few belongs to what comes before or after."""
REACH_SLOTS_MAX: Final = 6.0
"""A change is placed no further than this from the requests that show it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was counted slot by slot. All arrays have the shape (slots,); the first slot is number `first`."""

    first: int
    owed: NDArray[np.float64]
    lost: NDArray[np.float64]
    slow: NDArray[np.float64]
    read_only: NDArray[np.float64]
    measured: NDArray[np.bool_]
    """Whether enough edges reported."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which something stood the same, in slots since the first of the evidence, parts of slots included."""

    began: float
    ended: float
    standing: Standing


def cut(evidence: Evidence, lost_levels: Sequence[int], slow_levels: Sequence[int]) -> list[Span]:
    """The whole time of the evidence as spans, in order; the levels are of each slot, see `downtime_chain`."""
    standing = _judge(evidence, lost_levels, slow_levels)
    spans = list(_merge(_fill(standing, evidence)))
    return _place_edges(_absorb_edges(spans, evidence), evidence)


def _judge(evidence: Evidence, lost_levels: Sequence[int], slow_levels: Sequence[int]) -> NDArray[np.int64]:
    lost, slow = np.asarray(lost_levels, np.intp), np.asarray(slow_levels, np.intp)
    read_only = evidence.read_only >= np.maximum(DEGRADED_SHARE * evidence.owed, 1e-9)
    degraded = IS_DEGRADED[lost] | IS_SLOW[slow] | read_only
    found = np.where(degraded, Standing.DEGRADED, Standing.UP)
    return np.where(IS_DOWN[lost], Standing.DOWN, found)


def _fill(standing: NDArray[np.int64], evidence: Evidence) -> Iterator[Span]:
    """Slots with evidence as they are; what lies between them as is said in `_fill_gap`."""
    known = np.flatnonzero(evidence.owed > 0).tolist()
    slots, before, before_standing = len(standing), -1, Standing.UP
    for slot in known:
        own = Standing(int(standing[slot]))
        yield from _fill_gap(before, slot, before_standing, own, evidence)
        yield Span(slot, slot + 1, own)
        before, before_standing = slot, own
    if before + 1 < slots:
        end = min(slots, before + 1 + BRIDGE_SLOTS)
        yield Span(before + 1, end, before_standing)
        if end < slots:
            yield Span(end, slots, Standing.UNKNOWN)


def _fill_gap(before: int, after: int, left: Standing, right: Standing, evidence: Evidence) -> Iterator[Span]:
    """The time between two slots with evidence.

    The same on both sides holds in between too, unless that is long. Something else on either side begins in the
    middle if nobody asked; if nobody measured, nothing is known.
    """
    began, ended = before + 1, after
    if began >= ended:
        return
    blind = int((~evidence.measured[began:ended]).sum())
    is_bridged = blind <= BRIDGE_SLOTS and ended - began <= QUIET_SLOTS
    if left is right and is_bridged:
        yield Span(began, ended, left)
    elif not blind and is_bridged:
        middle = (began + ended) / 2
        yield Span(began, middle, left)
        yield Span(middle, ended, right)
    else:
        yield Span(began, ended, Standing.UNKNOWN)


def _merge(spans: Iterator[Span]) -> Iterator[Span]:
    last: Span | None = None
    for span in spans:
        if last is not None and last.standing is span.standing:
            last = replace(last, ended=span.ended)
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last


def _absorb_edges(spans: list[Span], evidence: Evidence) -> list[Span]:
    """A single slot whose share lies between those around it is where one became the other, and no span of its own."""
    kept: list[Span] = []
    for number, span in enumerate(spans):
        after = spans[number + 1] if number + 1 < len(spans) else None
        if kept and after and _is_edge(kept[-1], span, after, evidence):
            spans[number + 1] = replace(after, began=span.began)
        else:
            kept.append(span)
    return list(_merge(iter(kept)))


def _is_edge(before: Span, span: Span, after: Span, evidence: Evidence) -> bool:
    if span.ended - span.began > 1 or before.standing is after.standing or Standing.UNKNOWN in _kinds(before, after):
        return False
    shares = [_share(evidence, each) for each in (before, span, after)]
    return min(shares[0], shares[2]) < shares[1] < max(shares[0], shares[2])


def _kinds(*spans: Span) -> set[Standing]:
    return {span.standing for span in spans}


def _place_edges(spans: list[Span], evidence: Evidence) -> list[Span]:
    """Where counts allow, a change is placed within its slot by how much of the slot was already otherwise."""
    placed = list(spans)
    for number, (before, after) in enumerate(pairwise(spans)):
        edge = _place_edge(before, after, evidence)
        placed[number] = replace(placed[number], ended=edge)
        placed[number + 1] = replace(placed[number + 1], began=edge)
    return placed


def _place_edge(before: Span, after: Span, evidence: Evidence) -> float:
    edge = round(before.ended)
    inner = [Span(before.began, max(before.began, edge - 1), before.standing)]
    inner.append(Span(min(after.ended, edge + 1), after.ended, after.standing))
    is_whole = edge == before.ended and Standing.UNKNOWN not in _kinds(before, after)
    if not is_whole or any(span.ended - span.began < 1 for span in inner):
        return before.ended
    left, right = (_share(evidence, span) for span in inner)
    if not abs(right - left) >= APART:
        return before.ended
    if max(evidence.owed[edge - 1], evidence.owed[edge]) < ENOUGH:
        return edge + _reach(before, after, left, right, evidence)
    parts = [_part_after(evidence, slot, left, right, slot >= edge) for slot in (edge - 1, edge)]
    return edge + 1 - sum(parts)


def _reach(before: Span, after: Span, left: float, right: float, evidence: Evidence) -> float:
    """How many slots (below zero: earlier) a change was from where the first was lost, or the last, of few requests.

    Among requests of which a share s is lost, (1-s)/s are answered on average before the first is lost, and after the
    last; and something changes anywhere between two of them. The first or last lost one is anywhere in its slot.
    """
    worse, better = (after, before) if right > left else (before, after)
    share, well = max(left, right), min(left, right)
    owed = float(evidence.owed[round(worse.began) : round(worse.ended)].sum())
    if well >= WELL_SHARE or not owed:
        return 0.0
    per_slot = owed / (worse.ended - worse.began)
    slots = ((1 - share) / share + 0.5) / per_slot - 0.5
    slots = max(0.0, min(slots, REACH_SLOTS_MAX, (better.ended - better.began) / 2))
    return -slots if worse is after else slots


def _part_after(evidence: Evidence, slot: int, left: float, right: float, is_after: bool) -> float:
    """How much of a slot was as after the change."""
    owed = float(evidence.owed[slot])
    if owed < ENOUGH:
        return float(is_after)
    share = float(evidence.lost[slot]) / owed
    return min(1.0, max(0.0, (share - left) / (right - left)))


def _share(evidence: Evidence, span: Span) -> float:
    """The share lost over whole slots; NaN if nothing was owed."""
    slots = slice(round(span.began), max(round(span.began) + 1, round(span.ended)))
    owed = float(evidence.owed[slots].sum())
    return float(evidence.lost[slots].sum()) / owed if owed else float("nan")
