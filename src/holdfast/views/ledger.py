"""The change ledger as documents: who changed what, when and why, and which edges have it now."""

from enum import StrEnum
from typing import Final

from holdfast.model.ledger import LedgerKind
from holdfast.model.noun import Noun
from holdfast.model.revision import ContentHash
from holdfast.model.scalars import Name
from holdfast.views.edges import DriftDocument
from holdfast.views.plan import ChangesDocument

SERVICES_TOLD_MAX: Final = 20
EDGES_TOLD_MAX: Final = 100
"""In one line of the ledger; an entry by itself tells all edges."""
CHANGES_TOLD_MAX: Final = 200
"""Changed services that an entry by itself tells."""


class Standing(StrEnum):
    """Whether what an entry speaks of holds now."""

    COMING = "coming"
    """It is being proved, or goes out."""
    IN_FORCE = "in force"
    OVER = "over"
    """Something newer took its place, or it ended."""
    UNDONE = "undone"
    """It was refused, or rolled back."""


class OnDocument(Noun):
    """Which edges have acknowledged what an entry speaks of, in the versions that they should have: `count` of `of`.

    `edges` are some of their names.
    """

    count: int
    of: int
    edges: tuple[Name, ...]


class DiffDocument(Noun):
    """How much a revision says otherwise than the one before: services, and places outside of services."""

    services: int
    shared: int


class LedgerEntry(Noun):
    """One change. Times are Unix times, in seconds.

    `sequence` is its place in the journal; None while it isn't recorded, though it is in force. `subject` is the id or
    number of what it is about. `services` are some of the `service_count` that it is about; None: none in particular,
    or that isn't known. `edges` are those that it is meant for (None: all). `standing` and `on` are missing where they
    make no sense, such as for a deploy that somebody told of.
    """

    sequence: int | None
    at: float
    author: str
    kind: LedgerKind
    subject: str
    title: str
    why: str = ""
    services: tuple[Name, ...] = ()
    service_count: int | None = None
    edges: tuple[Name, ...] | None = None
    standing: Standing | None = None
    expires_at: float | None = None
    on: OnDocument | None = None
    diff: DiffDocument | None = None
    content: ContentHash | None = None
    commit: str = ""


class LedgerEdge(Noun):
    """An edge, with digests of what it acknowledged and what it should have; None while that isn't known.

    `has_it` is whether it has acknowledged what the entry speaks of. `drift` is said of what has differed for long.
    """

    name: Name
    location: Name
    has_it: bool
    has: str | None
    should: str | None
    drift: DriftDocument | None = None


class LedgerDocument(Noun):
    """Changes, newest first. `older` is what to ask for entries before; None if there are none.

    `drifting` are edges that have something else than they should.
    """

    now: float
    entries: tuple[LedgerEntry, ...]
    older: int | None = None
    drifting: tuple[LedgerEdge, ...] = ()


class LedgerEntryDocument(Noun):
    """One change in full: everything that became of it, oldest first, and for a revision what it says otherwise.

    `edges` are those that it is meant for. `changes` is None for what isn't a revision, and where the texts can't be
    compared; it tells of `CHANGES_TOLD_MAX` services at most.
    """

    now: float
    entry: LedgerEntry
    course: tuple[LedgerEntry, ...]
    edges: tuple[LedgerEdge, ...] = ()
    changes: ChangesDocument | None = None


class LedgerQuery(Noun):
    """Which entries are asked for: before a sequence number, at most so many, and of what. `since` is Unix time.

    `tenant` bounds what may be seen to one tenant's.
    """

    before: int | None = None
    count_max: int = 50
    kind: LedgerKind | None = None
    service: Name | None = None
    author: str | None = None
    since: float | None = None
    tenant: Name | None = None
