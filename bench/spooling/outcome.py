"""What came of a run of kills: counted from what clients were told, and from the receiver's own ledger."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from rich.table import Table

from bench.spooling.switch_watch import TURNING
from bench.spooling.victims import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.spooling.customers import Customer
    from bench.spooling.receiver import Ledger
    from holdfast.spool.switching import Phase


@dataclass
class Outcome:
    """What came of it. `lost` was acknowledged and isn't in the receiver's ledger; `disordered` was overtaken there."""

    seed: int
    seconds: float = 0.0
    kills: Counter[str] = field(default_factory=Counter)
    phases: Counter[Phase] = field(default_factory=Counter)
    """Of the switch, at the instants of the kills."""
    hangs: int = 0
    opened: int = 0
    closed: int = 0
    """How often all went to the spool that went directly before, and back."""
    back_s: list[float] = field(default_factory=list)
    """How long it took after the last kill, with the upstream well, until all went directly again."""
    not_back: int = 0
    acknowledged: int = 0
    spooled: int = 0
    failed: int = 0
    known_again: int = 0
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    unanswered: int = 0
    """Customers who weren't answered any more what they had begun to say."""
    waiting: int = -1
    dead: int = 0
    standing: str = ""
    """How the service stood in the spool in the end."""

    @property
    def turning(self) -> int:
        """How many were killed while edges were being switched."""
        return sum(self.phases[phase] for phase in TURNING)

    @property
    def is_well(self) -> bool:
        """Whether nothing was lost, doubled, overtaken or left, and the test had something to lose."""
        wrong = (*(getattr(self, name) for name in _WRONG), self.not_back)
        return not any(wrong) and self.spooled > 0 and self.closed > 0


def judge(outcome: Outcome, customers: Sequence[Customer], ledger: Ledger) -> None:
    """Compare what customers were told with what the receiver took."""
    for customer in customers:
        taken = [number for name, number in ledger.taken if name == customer.name]
        place = {number: at for at, number in reversed(list(enumerate(taken)))}
        outcome.lost += sum(number not in place for number in customer.acknowledged)
        places = [place[number] for number in customer.acknowledged if number in place]
        outcome.disordered += sum(earlier > later for earlier, later in itertools.pairwise(places))
        outcome.acknowledged += len(customer.acknowledged)
        outcome.spooled += customer.later
        outcome.failed += customer.failed
    outcome.doubled = ledger.count_doubles()
    outcome.known_again = ledger.known_again


def tabulate(outcome: Outcome) -> Table:
    """The table for a terminal."""
    title = f"Kills with deliveries in flight, seed {outcome.seed}, {outcome.seconds / 60:.1f} min"
    table = Table(title=title, title_justify="left", caption=outcome.standing or None)
    table.add_column("")
    table.add_column("count", justify="right")
    table.add_column("goal")
    for what, count, goal, is_met in _list_rows(outcome):
        style = {None: None, True: "green", False: "red"}[is_met]
        table.add_row(what, count, goal, style=style)
    return table


def _list_rows(outcome: Outcome) -> Iterable[tuple[str, str, str, bool | None]]:
    for part in PARTS:
        yield f"SIGKILLs of {part}", f"{outcome.kills[part]:,}", "", None
    yield "of them while edges were being switched", f"{outcome.turning:,}", "", None
    yield "edges hung", f"{outcome.hangs:,}", "", None
    yield "switched to the spool", f"{outcome.opened:,}", "", None
    yield "switched back", f"{outcome.closed:,}", ">= 1", outcome.closed > 0
    yield "not switched back in time", f"{outcome.not_back:,}", "0", outcome.not_back == 0
    if outcome.back_s:
        spread = f"{median(outcome.back_s):.1f}, most {max(outcome.back_s):.1f}"
        yield "s from the last kill until it was, median", spread, "", None
    yield "acknowledged", f"{outcome.acknowledged:,}", "", None
    yield "of them kept in the spool first", f"{outcome.spooled:,}", ">= 1", outcome.spooled > 0
    yield "refused or unanswered", f"{outcome.failed:,}", "", None
    yield "sent again, and known by their key", f"{outcome.known_again:,}", "", None
    for name, what in _WRONG.items():
        yield what, f"{getattr(outcome, name):,}", "0", not getattr(outcome, name)


_WRONG = {
    "lost": "acknowledged and lost",
    "doubled": "taken twice",
    "disordered": "overtaken",
    "unanswered": "customers not answered in the end",
    "waiting": "still waiting in the end",
    "dead": "dead letters",
}
