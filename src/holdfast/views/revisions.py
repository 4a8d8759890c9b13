"""Revisions as documents."""

from holdfast.model.diagnostic import Diagnostic
from holdfast.model.noun import Noun
from holdfast.model.revision import ContentHash, RevisionNumber, RevisionStatus
from holdfast.model.state import RevisionEntry, State
from holdfast.views.edges import Reach


class RevisionDocument(Noun):
    """A revision, how far it got, since when, and why no further. Times are Unix times, in seconds."""

    number: RevisionNumber
    status: RevisionStatus
    since: float
    why: str
    author: str
    reason: str
    file: str
    content: ContentHash
    proposed_at: float
    rollback_of: RevisionNumber | None
    recompiles: RevisionNumber | None = None
    at_once: bool = False
    confirmed: tuple[str, ...] = ()
    commit: str = ""


class ProposalDocument(Noun):
    """What became of a proposed revision, which edges have it, and what is dubious about its text."""

    revision: RevisionDocument
    reach: Reach
    warnings: tuple[Diagnostic, ...]


class RejectedDocument(Noun):
    """A platform text that didn't become a revision, and everything that is wrong with it."""

    diagnostics: tuple[Diagnostic, ...]


class TrespassDocument(Noun):
    """A tenant's owner handed in a change that isn't its own to make, and everything in it that isn't."""

    diagnostics: tuple[Diagnostic, ...]


class HistoryDocument(Noun):
    """Revisions, newest first."""

    revisions: tuple[RevisionDocument, ...]


def show_revision(entry: RevisionEntry) -> RevisionDocument:
    """A revision for people and programs to read."""
    return RevisionDocument(**dict(entry.revision), status=entry.status, since=entry.since, why=entry.why)


def show_history(state: State) -> HistoryDocument:
    """Every revision that is remembered, newest first."""
    newest_first = sorted(state.revisions.values(), key=lambda entry: entry.revision.number, reverse=True)
    return HistoryDocument(revisions=tuple(show_revision(entry) for entry in newest_first))


def find_revision(state: State, number: RevisionNumber | None) -> RevisionDocument | None:
    """A revision by number, if there is such a one."""
    entry = state.revisions.get(number) if number is not None else None
    return show_revision(entry) if entry else None
