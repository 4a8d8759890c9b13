"""Traffic over time, from counts as fine as they are still kept, beside what was usual."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.adapters.accounts.packing import Tally, add_up
from holdfast.adapters.accounts.schema import GRAIN_S, Grain
from holdfast.adapters.accounts.sql_accounts import Name, SqlAccounts
from holdfast.incidents.downtime.definition import COLUMNS, Column
from holdfast.model.day import DAY_S
from holdfast.model.downtime import Floats, TrafficSeries

STEPS_MAX: Final = 2_000
_MINUTE_S: Final = 60.0
USUAL_DAYS: Final = 7
BEFORE_S: Final = 3_600.0
"""Where nothing is known of earlier days, what was usual is the mean of the hour before."""
ROUNDING: Final = 1e-3
"""Of a sum of counts: less than that is nothing."""
_STEPS_S: Final = (5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0)


def read_series(
    store: SqlAccounts,
    names: Sequence[Name],
    regions: Sequence[str],
    span: tuple[float, float],
    usual_until: float,
    slot_s: float,
) -> TrafficSeries:
    """The traffic of subjects together in a span of time, see `model.downtime.Accounts`."""
    began_at, ended_at = span
    step_s = _choose_step_s(ended_at - began_at, slot_s)
    first, after = int(began_at // step_s), int(-(-ended_at // step_s))
    at: Floats = (np.arange(first, max(after, first + 1)) * step_s).astype(np.float64)
    counts, covered = _gather(store, names, regions, at, step_s, slot_s)
    known = covered > 0
    rates = np.full(counts.shape, np.nan)
    rates[known] = counts[known] / covered[known, None]
    offered, refused, failed = rates[:, [Column.OFFERED, Column.REFUSED, Column.FAILED]].T
    usual = _find_usual(store, names, regions, at, step_s, slot_s)
    if not np.isfinite(usual).all():
        usual[~np.isfinite(usual)] = _find_mean_before(store, names, regions, usual_until, slot_s)
    return TrafficSeries(at, step_s, offered, refused, failed, usual)


def _choose_step_s(span_s: float, slot_s: float) -> float:
    wanted = (step_s for step_s in (slot_s, *_STEPS_S) if step_s >= slot_s and span_s / step_s < STEPS_MAX)
    return next(wanted, span_s / (STEPS_MAX - 1))


def _find_usual(
    store: SqlAccounts, names: Sequence[Name], regions: Sequence[str], at: Floats, step_s: float, slot_s: float
) -> Floats:
    """The mean at this time of earlier days, in steps of a minute at least; NaN where none is known."""
    coarse_s = max(step_s, 60.0)
    days = []
    for day in range(1, USUAL_DAYS + 1):
        counts, covered = _gather(store, names, regions, at - day * DAY_S, coarse_s, slot_s, finest=Grain.MINUTE)
        with np.errstate(invalid="ignore", divide="ignore"):
            days.append(np.where(covered > 0, counts[:, Column.OFFERED] / covered, np.nan))
    known = np.isfinite(days)
    total = np.where(known, days, 0.0).sum(axis=0)
    usual = np.full(len(at), np.nan)
    some = known.any(axis=0)
    usual[some] = total[some] / known.sum(axis=0)[some]
    return usual


def _find_mean_before(
    store: SqlAccounts, names: Sequence[Name], regions: Sequence[str], until: float, slot_s: float
) -> float:
    """The mean of the hour before a time, as much of it as is known; NaN if nothing is."""
    steps = np.arange(until - BEFORE_S, until - _MINUTE_S / 2, _MINUTE_S)
    counts, covered = _gather(store, names, regions, steps, _MINUTE_S, slot_s)
    known_s = float(covered.sum())
    return float(counts[:, Column.OFFERED].sum()) / known_s if known_s else float("nan")


def _gather(
    store: SqlAccounts,
    names: Sequence[Name],
    regions: Sequence[str],
    at: Floats,
    step_s: float,
    slot_s: float,
    finest: Grain = Grain.SLOT,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Counts for each step, shape (steps, COLUMNS), and how many of its seconds they cover, shape (steps,).

    A tally longer than a step is shared out among its steps.
    """
    counts, covered = np.zeros((len(at), COLUMNS)), np.zeros(len(at))
    ids = np.array(store.find_ids(names), np.uint32)
    for region in regions:
        found = np.zeros(len(at))
        for begin, length_s, tally in _read_finest(store, region, float(at[0]), float(at[-1]) + step_s, slot_s, finest):
            own = tally.counts[np.isin(tally.ids, ids)].sum(axis=0, dtype=np.float64)
            within = np.clip(np.minimum(at + step_s, begin + length_s) - np.maximum(at, begin), 0.0, None)
            counts += np.outer(within / length_s, own)
            found += within
        covered = np.maximum(covered, found)
    return counts, covered


def _read_finest(
    store: SqlAccounts, region: str, begin: float, end: float, slot_s: float, finest: Grain
) -> Iterator[tuple[float, float, Tally]]:
    """Tallies that cover a time, each part of it once: from the finest that is kept of it.

    Of a coarser one that reaches into what finer ones tell, the rest counts, for the time before those.
    """
    finer: Grain | None = None
    for grain in [g for g in (Grain.SLOT, Grain.MINUTE, Grain.HOUR) if g >= finest]:
        length_s = GRAIN_S.get(grain, slot_s)
        found = store.read_tallies(grain, region, begin - length_s, end)
        found = [each for each in found if each[0] + length_s > begin]
        for at, tally in found:
            if finer is None or at + length_s <= end:
                yield at, length_s, tally
            elif rest := _take_away(tally, store.read_tallies(finer, region, end, at + length_s)):
                yield at, end - at, rest
        first = found[0][0] if found else end
        if first <= begin:
            return
        end, finer = first, grain if found else finer


def _take_away(whole: Tally, parts: Sequence[tuple[float, Tally]]) -> Tally | None:
    """What of a tally isn't in finer ones; None if all of it is, since then nobody measured before those."""
    known = add_up(tally for _, tally in parts)
    counts = whole.counts.astype(np.float64)
    if known is not None:
        _, own, others = np.intersect1d(whole.ids, known.ids, assume_unique=True, return_indices=True)
        counts[own] -= known.counts[others]
    rest = np.clip(counts, 0.0, None).astype(np.float32)
    return Tally(whole.ids, rest) if rest.sum() > ROUNDING * whole.counts.sum() else None
