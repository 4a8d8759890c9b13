"""Error budgets: how much of a month may be downtime, how much was, and how fast it goes.

As in the Site Reliability Workbook, chapter 5: the burn rate is 1 where the budget would be used up exactly at the
month's end.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.model.day import DAY_S, Day, add_days, begin_day
from holdfast.model.downtime import DayTally

OBJECTIVE_USUAL = 0.999
"""Of what states none: the share of the minutes of a month in which it is to be up."""


@dataclass(frozen=True, slots=True)
class Budget:
    """One month's, in seconds; `burn` is None before anything of the month has passed, or without a budget."""

    month: Day
    objective: float
    allowed_s: float
    used_s: float
    burn: float | None

    @property
    def left_s(self) -> float:
        """What may still be used; below zero if more was."""
        return self.allowed_s - self.used_s


def begin_month(day: Day) -> Day:
    """The first of a day's month."""
    return day.replace(day=1)


def follow_month(month: Day) -> Day:
    """The first of the month after."""
    return begin_month(add_days(begin_month(month), 31))


def find_budget(month: Day, objective: float, tallies: Iterable[DayTally], now: float) -> Budget:
    """A month's budget at a Unix time (in seconds), from the tallies of its days; others are passed over."""
    first, after = begin_month(month), follow_month(month)
    used_s = sum(tally.down_s for tally in tallies if first <= tally.day < after)
    began, ended = begin_day(first), begin_day(after)
    allowed_s = (ended - began) * (1.0 - objective)
    passed = (min(now, ended) - began) / (ended - began)
    burn = used_s / allowed_s / passed if allowed_s > 0 and passed > 0 else None
    return Budget(first, objective, allowed_s, used_s, burn)


def list_days(first: Day, after: Day) -> list[Day]:
    """The days from one to before another."""
    count = round((begin_day(after) - begin_day(first)) / DAY_S)
    return [add_days(first, number) for number in range(count)]
