"""What the journal says of changes, kept for the ledger: the newest, and what they speak of."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeVar

from holdfast.model.event import MitigationStarted, RevisionInForce, RevisionProposed, RolloutBegan
from holdfast.model.mitigation import Mitigation, MitigationId
from holdfast.model.ports import Recorded
from holdfast.model.revision import ContentHash, Revision, RevisionNumber
from holdfast.views.ledger_entries import is_change

K = TypeVar("K")
V = TypeVar("V")
CHANGES_MAX: Final = 50_000
"""The newest changes that are kept in memory; the journal has them all."""


@dataclass
class ChangeBook:
    """Changes in the journal's order. Taking one a second time changes nothing.

    `known` is the last place in the journal that was looked at. `bases` has the revision that was in force when another
    was proposed, `cohorts` what a rollout's services are kept under.
    """

    known: int = 0
    measures: dict[MitigationId, Mitigation] = field(default_factory=dict)
    revisions: dict[RevisionNumber, Revision] = field(default_factory=dict)
    bases: dict[RevisionNumber, RevisionNumber | None] = field(default_factory=dict)
    cohorts: dict[RevisionNumber, ContentHash] = field(default_factory=dict)
    _changes: list[Recorded] = field(default_factory=list)
    _in_force: RevisionNumber | None = None

    def take(self, recorded: Iterable[Recorded]) -> None:
        """Take in what comes next in the journal; what was taken before is passed over."""
        for each in recorded:
            if each.sequence > self.known:
                self.known = each.sequence
                if is_change(each.event):
                    self._changes.append(each)
                    self._remember(each)
        if len(self._changes) > CHANGES_MAX * 1.1:
            del self._changes[:-CHANGES_MAX]

    def newest_first(self, before: int | None = None) -> Iterator[Recorded]:
        """Every change, or those before a place in the journal."""
        end = len(self._changes) if before is None else bisect_left(self._changes, before, key=lambda e: e.sequence)
        return (self._changes[index] for index in range(end - 1, -1, -1))

    def newest(self, count_max: int) -> list[Recorded]:
        """So many of the newest changes at most, oldest first."""
        return self._changes[-count_max:]

    def find(self, sequence: int) -> Recorded | None:
        """The change at a place in the journal."""
        index = bisect_left(self._changes, sequence, key=lambda each: each.sequence)
        found = self._changes[index] if index < len(self._changes) else None
        return found if found and found.sequence == sequence else None

    def _remember(self, recorded: Recorded) -> None:
        match recorded.event:
            case MitigationStarted(mitigation=mitigation):
                _keep(self.measures, mitigation.id, mitigation)
            case RevisionProposed(revision=revision):
                _keep(self.revisions, revision.number, revision)
                _keep(self.bases, revision.number, self._in_force)
            case RolloutBegan() as event:
                _keep(self.cohorts, event.number, event.cohorts)
            case RevisionInForce() as event:
                self._in_force = event.number


def _keep(kept: dict[K, V], key: K, value: V) -> None:
    kept[key] = value
    if len(kept) > CHANGES_MAX:
        del kept[next(iter(kept))]
