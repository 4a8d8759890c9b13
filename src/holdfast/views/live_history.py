"""What was decided, newest first, as one list."""

from enum import StrEnum

from holdfast.model.noun import Noun


class EntryKind(StrEnum):
    """What an entry of the history is about."""

    REVISION = "revision"
    FREEZE = "freeze"
    """Whether anything new may go out."""
    FINDING = "finding"
    MITIGATION = "mitigation"
    SUGGESTION = "suggestion"
    NOTE = "note"
    """Something was changed beside Holdfast."""
    LIMITS = "limits"
    TENANT = "tenant"
    """Somebody was told."""
    COMPONENT = "component"
    """A part of Holdfast itself was switched."""
    INCIDENT = "incident"
    FOLLOW_UP = "follow_up"
    """Something promised after an incident."""
    MAINTENANCE = "maintenance"
    """Announced work."""


class EntryDocument(Noun):
    """Something decided: when (Unix time, in seconds), by whom, what in a few words, and why.

    `sequence` is its place in the journal. `subject` is the id or number of what it is about.
    """

    sequence: int
    at: float
    kind: EntryKind
    subject: str
    title: str
    detail: str = ""
    author: str
    service: str | None = None
    tenant: str | None = None


class HistoryPage(Noun):
    """Entries, newest first. `older` is what to ask for entries before, None if there are none."""

    entries: tuple[EntryDocument, ...]
    older: int | None = None
