"""Everything control has decided so far: what a journal's events add up to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from holdfast.model.intent import Walls
from holdfast.model.mitigation import Mitigation, MitigationId
from holdfast.model.platform import Limits
from holdfast.model.revision import Revision, RevisionNumber, RevisionStatus


@dataclass(frozen=True, slots=True)
class RevisionEntry:
    """A revision with how far it got, since when (Unix time, in seconds), and why it went no further."""

    revision: Revision
    status: RevisionStatus
    since: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class EndedMitigation:
    """A mitigation that is no longer in force: since when (Unix time, in seconds), by whom and why."""

    mitigation: Mitigation
    ended_at: float
    author: str
    why: str


@dataclass(frozen=True, slots=True)
class State:
    """What is in force, what is being proved, and what came before.

    `revisions` and `ended` keep the newest only. `before` is the revision that was in force before the present one.
    `settled` holds the walls that the running clusters were built with, see `model.intent.Intent`.
    """

    revisions: Mapping[RevisionNumber, RevisionEntry] = field(default_factory=dict)
    in_force: RevisionNumber | None = None
    before: RevisionNumber | None = None
    proving: RevisionNumber | None = None
    settled: Mapping[str, Walls] = field(default_factory=dict)
    mitigations: Mapping[MitigationId, Mitigation] = field(default_factory=dict)
    ended: tuple[EndedMitigation, ...] = ()
    owner_limits: Mapping[str, Limits] = field(default_factory=dict)
    revision_next: int = 1
    mitigation_next: int = 1
