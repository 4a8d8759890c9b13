"""A plan as a document: bounded, and with quantities as a person writes them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from holdfast.model.edge import Nack
from holdfast.model.platform import Platform, Service
from holdfast.model.revision import RevisionNumber
from holdfast.rollout.changes import Edit, PlatformChange, ServiceChange
from holdfast.rollout.danger import gather_dangers
from holdfast.rollout.outcomes import Difference, Outcome
from holdfast.rollout.plan import Plan
from holdfast.spec.shape import EACH, Shape
from holdfast.spec.write import write_value
from holdfast.views.plan import (
    DIFFERENCES_MAX,
    ChangesDocument,
    DifferenceDocument,
    EditDocument,
    NackDocument,
    OutcomeDocument,
    PlanDocument,
    ServiceChangeDocument,
)


def show_plan(plan: Plan, confirmed: Iterable[str] = (), against: RevisionNumber | None = None) -> PlanDocument:
    """A plan for people and programs to read, given the codes that were confirmed."""
    codes = tuple(dict.fromkeys(confirmed))
    return PlanDocument(
        verdict=plan.judge(codes).value,
        against=against,
        confirmed=codes,
        diagnostics=tuple(plan.diagnostics),
        changes=show_changes(plan.changes),
        asked=plan.asked,
        different=len(plan.differences),
        differences=tuple(_show_difference(each) for each in _choose(plan.differences)),
        dangers=gather_dangers(plan.dangers),
        nacks=tuple(_show_nack(each) for each in plan.nacks),
    )


def _choose(differences: Sequence[Difference]) -> Sequence[Difference]:
    return sorted(differences, key=lambda each: (not each.loses, -each.request.weight))[:DIFFERENCES_MAX]


def show_changes(changes: PlatformChange) -> ChangesDocument:
    """Everything that two platforms differ in, with quantities as a person writes them."""
    return ChangesDocument(
        services=tuple(_show_service(each) for each in changes.services.values()),
        shared=tuple(_show_edit(each, Shape(Platform)) for each in changes.shared),
    )


def _show_service(change: ServiceChange) -> ServiceChangeDocument:
    return ServiceChangeDocument(
        service=change.service,
        tenant=change.tenant,
        kind=change.kind.value,
        edits=tuple(_show_edit(each, Shape(Service)) for each in change.edits),
    )


def _show_edit(edit: Edit, root: Shape) -> EditDocument:
    shape: Shape | None = root
    for part in re.findall(r"[^.\[\]]+", edit.path):
        shape = shape.inner(part) if shape else None
    return EditDocument(path=edit.path, old=_write(edit.old, shape), new=_write(edit.new, shape))


def _write(value: Any, shape: Shape | None) -> Any:
    """As it stands in a file: what says nothing is left out."""
    if isinstance(value, dict):
        each = {key: _write(inner, shape.inner(key) if shape else None) for key, inner in value.items()}
        return {key: inner for key, inner in each.items() if inner not in (None, {}, [])}
    if isinstance(value, list):
        return [_write(inner, shape.inner(EACH) if shape else None) for inner in value]
    return write_value(value, shape)


def _show_difference(difference: Difference) -> DifferenceDocument:
    return DifferenceDocument(
        request=difference.request,
        old=_show_outcome(difference.old),
        new=_show_outcome(difference.new),
        aspects=difference.aspects,
        loses=difference.loses,
    )


def _show_outcome(outcome: Outcome) -> OutcomeDocument:
    return OutcomeDocument(**asdict(outcome))


def _show_nack(nack: Nack) -> NackDocument:
    return NackDocument(kind=nack.type.name, message=nack.message, resources=tuple(key.name for key in nack.resources))
