"""What was promised after incidents, and what of it is overdue."""

from collections.abc import Iterable

from holdfast.model.day import Day
from holdfast.model.follow_up import FollowUp
from holdfast.model.noun import Noun


class FollowUpDocument(Noun):
    """A promise; `overdue` if its day is past (UTC) and it is neither kept nor given up."""

    follow_up: FollowUp
    overdue: bool


class FollowUpsDocument(Noun):
    """Promises, those due first at the top, and then those that are kept or given up. `today` is a day in UTC."""

    today: Day
    follow_ups: tuple[FollowUpDocument, ...]


def show_follow_up(follow_up: FollowUp, today: Day) -> FollowUpDocument:
    """One promise."""
    return FollowUpDocument(follow_up=follow_up, overdue=is_open(follow_up) and follow_up.due < today)


def show_follow_ups(follow_ups: Iterable[FollowUp], today: Day) -> FollowUpsDocument:
    """Several of them."""
    ranked = sorted(follow_ups, key=lambda each: (not is_open(each), each.due, int(each.id.partition("-")[2])))
    return FollowUpsDocument(today=today, follow_ups=tuple(show_follow_up(each, today) for each in ranked))


def is_open(follow_up: FollowUp) -> bool:
    """Whether it is neither kept nor given up."""
    return follow_up.done_at is None and not follow_up.dropped
