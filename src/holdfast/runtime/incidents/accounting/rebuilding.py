"""Puts what agents remember into accounts that were closed without it: counts first, then everything is judged again.

Slots are replaced and never added to, and all is written at once: whatever dies in between, it can be done again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from holdfast.adapters.accounts.packing import Tally
from holdfast.adapters.accounts.schema import Grain
from holdfast.adapters.accounts.sql_accounts import Batch, KeptStretch, Name, SlotTally, SqlAccounts
from holdfast.incidents.downtime.definition import COLUMNS, QUIET_SLOTS, Column, Floats
from holdfast.incidents.downtime.intake import Watched
from holdfast.incidents.downtime.judge import COURSE_SLOTS_MAX, OPEN_SLOTS
from holdfast.incidents.downtime.layout import DEAD_EDGE, EDGE, Layout, Subject
from holdfast.incidents.downtime.windows import clip
from holdfast.model.telemetry import EdgeReport
from holdfast.runtime.incidents.accounting.book import Book
from holdfast.runtime.incidents.accounting.measure import Describe, Measurer, Recounted

AT_ONCE: Final = 60
"""Slots that are read at a time."""


@dataclass(frozen=True, slots=True)
class Missed:
    """Slots of a region (ascending) that weren't measured well, and what its edges remember of them."""

    region: str
    numbers: Sequence[int]
    reports: Sequence[EdgeReport]


def rebuild(store: SqlAccounts, book: Book, measurer: Measurer, missed: Missed, describe: Describe) -> int:
    """How many slots are known better now. Raises AccountsUnavailable, and then nothing has changed."""
    region = missed.region
    if not missed.reports:
        return 0
    counted = measurer.recount(region, missed.reports, missed.numbers, describe)
    recounted = {each.number: each for each in counted}
    if not recounted:
        return 0
    first = _find_first(book, measurer, region, min(recounted))
    rejudged = measurer.rejudge(region, first, recounted, _read_slots(store, measurer, region, first, recounted))
    stretches = [*_cut_off(book, region, rejudged.since), *rejudged.stretches]
    slots = {slot.at: slot for slot in (*(each.slot for each in recounted.values()), *rejudged.slots)}
    store.write(Batch(list(slots.values()), stretches, {}, {region: rejudged.since}))
    with book.lock:
        measurer.adopt(rejudged)
        book.replace_stretches(region, rejudged.since, stretches)
    for each in recounted.values():
        measurer.coverage.note(region, each.number, each.watched)
    return len(recounted)


def read_tally(store: SqlAccounts, layout: Layout, tally: Tally) -> tuple[Floats, Mapping[str, Watched]]:
    """A slot's counts of all subjects as the layout has them, and how well its edges were heard."""
    counts = np.zeros((len(layout.subjects), COLUMNS), np.float32)
    names = [store.find_name(each) for each in tally.ids.tolist()]
    places = np.array([layout.subject_row.get(Subject(*name), -1) for name in names], np.intp)
    counts[places[places >= 0], : tally.counts.shape[1]] = tally.counts[places >= 0]
    heard = {(name.kind, name.name): row for row, name in enumerate(names) if name.kind in {EDGE, DEAD_EDGE}}
    seconds = tally.counts[:, Column.KNOWN_S]
    watched = {
        edge: Watched(
            *(float(seconds[heard[kind, edge]]) if (kind, edge) in heard else 0.0 for kind in (EDGE, DEAD_EDGE))
        )
        for edge in dict.fromkeys(name for _, name in heard)
    }
    return counts, watched


def _find_first(book: Book, measurer: Measurer, region: str, changed: int) -> int:
    """Where to begin: long before what changed, and in no stretch, as far as that isn't too long ago."""
    lowest = changed - COURSE_SLOTS_MAX
    first = min(changed - QUIET_SLOTS, measurer.find_needed_from(region))
    while first > lowest:
        at = first * measurer.slot_s
        across = [each.stretch.began_at for each in book.list_kept(region, at) if each.stretch.began_at < at]
        if not across:
            break
        first = int(min(across) // measurer.slot_s) - OPEN_SLOTS
    return max(first, lowest)


def _read_slots(
    store: SqlAccounts, measurer: Measurer, region: str, first: int, recounted: Mapping[int, Recounted]
) -> Iterator[Floats | None]:
    """The counts of each slot up to the newest; None where nothing is kept."""
    layout, slot_s = measurer.layout, measurer.slot_s
    for begin in range(first, measurer.next, AT_ONCE):
        end = min(begin + AT_ONCE, measurer.next)
        kept = store.read_tallies(Grain.SLOT, region, (begin - 0.5) * slot_s, (end - 0.5) * slot_s)
        by_number = {round(at / slot_s): tally for at, tally in kept}
        for number in range(begin, end):
            if number in recounted:
                yield _spread(layout, recounted[number].slot)
            else:
                tally = by_number.get(number)
                yield None if tally is None else read_tally(store, layout, tally)[0]


def _spread(layout: Layout, slot: SlotTally) -> Floats:
    counts = np.zeros((len(layout.subjects), COLUMNS), np.float32)
    places = np.array([layout.subject_row.get(Subject(*name), -1) for name in slot.subjects], np.intp)
    counts[places[places >= 0]] = slot.counts[places >= 0]
    return counts


def _cut_off(book: Book, region: str, since: float) -> Iterator[KeptStretch]:
    """What is left of the stretches that lie across a time: their parts before it."""
    for each in book.list_kept(region, since):
        for part in clip([each.stretch], each.stretch.began_at, since):
            yield KeptStretch(Name(*each.subject), region, part)
