"""Which changes are suspected of what was found: weighed anew only when a finding or a change has come."""

from collections.abc import Mapping, Sequence
from typing import Final

from holdfast.model.finding import Finding
from holdfast.model.ports import Recorded
from holdfast.model.suspect import RuledOut, Suspect
from holdfast.rollout.change_reach import Change, ChangeReader
from holdfast.rollout.suspects import Crowd, gather_crowd, rank_suspects, rule_out_changes
from holdfast.runtime.change_book import ChangeBook
from holdfast.runtime.comparing import RevisionComparer
from holdfast.runtime.control import Control
from holdfast.views.findings import FindingDocument
from holdfast.views.plan import ChangesDocument

WEIGHED_MAX: Final = 1_000
"""The newest changes that are looked at."""
ACCUSED_MAX: Final = 50
"""Findings of a list that suspects are named for."""


class Accuser:
    """Names suspects beside findings. Belongs to control's event loop."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._recorded = 0
        self._changes: tuple[object, tuple[Change, ...]] = (None, ())
        self._based_on: tuple[object, object, object] = (None, None, None)
        self._suspected: dict[object, tuple[Suspect, ...]] = {}

    def accuse(
        self, documents: Sequence[FindingDocument], tenant: str | None, book: ChangeBook, comparer: RevisionComparer
    ) -> tuple[FindingDocument, ...]:
        """Findings with the changes that are suspected of each; for a tenant, only changes of its own services."""
        changes = self._list_changes(book, comparer)
        named = (
            document.model_copy(update={"suspects": self._recall(document.finding, tenant, changes)})
            for document in documents[:ACCUSED_MAX]
        )
        return (*named, *documents[ACCUSED_MAX:])

    def rule_out(self, finding: Finding, book: ChangeBook, comparer: RevisionComparer) -> tuple[RuledOut, ...]:
        """The other changes made lately, with why each isn't why; nothing if nothing is in force."""
        changes, crowd = self._list_changes(book, comparer), self._gather(finding)
        return rule_out_changes(finding, changes, self._control.world.clock(), crowd) if crowd else ()

    def _gather(self, finding: Finding) -> Crowd | None:
        """Who is affected together with what a finding is about; None while nothing is in force."""
        state, intent = self._control.state, self._control.intent
        if intent is None:
            return None
        places = intent.platform.locations
        edges = [e.name for name, at in places.items() if finding.location in {None, name} for e in at.edges]
        others = (*state.findings.values(), *(closed.finding for closed in state.closed))
        return gather_crowd(finding, others, intent.services, edges)

    def _recall(self, finding: Finding, tenant: str | None, changes: Sequence[Change]) -> tuple[Suspect, ...]:
        """The suspects of a finding, found anew only when a finding or a change has come."""
        state = self._control.state
        based_on = (changes, state.findings, state.closed)
        if any(old is not new for old, new in zip(self._based_on, based_on, strict=True)):
            self._based_on, self._suspected = based_on, {}
        key = tenant, finding.key, finding.began_at
        if key not in self._suspected:
            self._suspected[key] = self._suspect(finding, tenant, changes)
        return self._suspected[key]

    def _suspect(self, finding: Finding, tenant: str | None, known: Sequence[Change]) -> tuple[Suspect, ...]:
        intent, crowd = self._control.intent, self._gather(finding)
        if intent is None or crowd is None:
            return ()
        mine = {n for n, owned in intent.services.items() if owned.tenant == tenant} if tenant is not None else None
        changes = [each for each in known if mine is None or _is_within(each, mine)]
        ranked = rank_suspects(finding, changes, self._control.world.clock(), crowd)
        recorded = self._recorded
        return tuple(
            each if (each.sequence or 0) <= recorded else each.model_copy(update={"sequence": None}) for each in ranked
        )

    def _list_changes(self, book: ChangeBook, comparer: RevisionComparer) -> tuple[Change, ...]:
        """The newest changes with whom they had reached when; read anew when there is anything new."""
        unrecorded = self._control.core.unrecorded
        key = (id(book), book.known, len(unrecorded), comparer.learned)
        if self._changes[0] != key:
            facts = self._control.publisher.facts
            owners = facts.tenants if facts else {}
            touched = {number: _find_touched(changes, owners) for number, changes in comparer.changes.items()}
            newest = book.newest(WEIGHED_MAX)
            later = [Recorded(book.known + i, event) for i, event in enumerate(unrecorded, 1)]
            self._recorded = book.known
            self._changes = key, ChangeReader(comparer.cohorts, touched).read((*newest, *later))
        return self._changes[1]


def _is_within(change: Change, services: set[str]) -> bool:
    return all(reach.services is not None and reach.services <= services for reach in change.reaches)


def _find_touched(changes: ChangesDocument, owners: Mapping[str, str]) -> frozenset[str] | None:
    """The services that a revision changes, itself or with their tenant; None if it changes what all share."""
    paths = [each.path.split(".") for each in changes.shared]
    if any(path[0] != "tenants" or len(path) < 2 for path in paths):
        return None
    tenants = {path[1] for path in paths}
    return frozenset(
        {each.service for each in changes.services} | {name for name, tenant in owners.items() if tenant in tenants}
    )
