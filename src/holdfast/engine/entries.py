"""Revisions that are remembered, each with how far it got."""

from collections.abc import Mapping
from dataclasses import replace

from holdfast.engine.maxima import REVISIONS_KEPT_MAX
from holdfast.model.revision import RevisionNumber, RevisionStatus
from holdfast.model.state import RevisionEntry


def set_status(
    revisions: Mapping[RevisionNumber, RevisionEntry],
    number: RevisionNumber,
    status: RevisionStatus,
    since: float,
    why: str = "",
) -> dict[RevisionNumber, RevisionEntry]:
    """The same revisions, but for how far one of them got, since when and why."""
    entry = replace(revisions[number], status=status, since=since, why=why)
    return {**revisions, number: entry}


def forget_oldest(
    revisions: dict[RevisionNumber, RevisionEntry], kept: tuple[RevisionNumber | None, ...]
) -> dict[RevisionNumber, RevisionEntry]:
    """The newest of them, as many as are remembered, and those that must be."""
    surplus = len(revisions) - REVISIONS_KEPT_MAX
    oldest = [number for number in revisions if number not in kept][: max(0, surplus)]
    return {number: entry for number, entry in revisions.items() if number not in oldest}
