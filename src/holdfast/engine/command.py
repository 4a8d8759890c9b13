"""What control may be asked to do. Each command says who asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from holdfast.engine.facts import PlatformFacts
from holdfast.engine.incident_command import Incidents
from holdfast.model.finding import Finding, FindingId
from holdfast.model.intent import Walls
from holdfast.model.mitigation import Measure, MitigationId
from holdfast.model.note import NoteKind
from holdfast.model.platform import Limits
from holdfast.model.prediction import Prediction
from holdfast.model.revision import ContentHash, RevisionNumber
from holdfast.model.rollout import Wave
from holdfast.model.token import SYSTEM


@dataclass(frozen=True, slots=True)
class ProposeRevision:
    """Prove a checked platform file, kept under its hash, and put it in force."""

    author: str
    content: ContentHash
    file: str
    reason: str = ""
    at_once: bool = False
    confirmed: tuple[str, ...] = ()
    """Codes of what the plan found dangerous, and somebody wanted all the same."""
    commit: str = ""
    onto: RevisionNumber | None = None
    """The revision in force that it was compared with, where it may go on in place of that one only."""


@dataclass(frozen=True, slots=True)
class Rollback:
    """Propose an older revision's file again; without a number, that of the revision before the present one."""

    author: str
    to: RevisionNumber | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CanaryAnswered:
    """A revision was proved (its facts and settled walls are given), or refused (`why` says by what).

    `waves` are those that it should go out in, with the services of each kept under `cohorts`; without any, it goes to
    everybody at once.
    """

    number: RevisionNumber
    platform: PlatformFacts | None
    settled: Mapping[str, Walls] = field(default_factory=dict)
    waves: tuple[Wave, ...] = ()
    cohorts: ContentHash = ""
    why: str = ""
    author: str = SYSTEM


@dataclass(frozen=True, slots=True)
class Recompile:
    """Propose the revision in force anew, since this version of Holdfast makes something else of it."""

    reason: str
    author: str = SYSTEM


@dataclass(frozen=True, slots=True)
class AdvanceRollout:
    """All waves up to `wave` (counted from 0) are well: begin the next, or put the revision in force after the last."""

    number: RevisionNumber
    wave: int
    why: str = ""
    author: str = SYSTEM


@dataclass(frozen=True, slots=True)
class PauseRollout:
    """Begin no further wave until it is resumed."""

    author: str
    reason: str


@dataclass(frozen=True, slots=True)
class ResumeRollout:
    """Let the waves go on."""

    author: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PromoteRollout:
    """Give the revision to everybody now."""

    author: str
    reason: str


@dataclass(frozen=True, slots=True)
class RollBackRollout:
    """Give whoever has the revision the one before again. `number` None: whichever is rolling out."""

    author: str
    why: str
    number: RevisionNumber | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FreezeChanges:
    """Let nothing new go out, for `for_s` seconds or until it is ended. What is rolling out stands still."""

    author: str
    reason: str
    for_s: float | None = None


@dataclass(frozen=True, slots=True)
class ThawChanges:
    """Let revisions go out again."""

    author: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Mitigate:
    """Put a measure of the closed menu in force for `for_s` seconds, on some edges or on all.

    `finding` is the open finding that it answers, `prediction` what was foretold of it, `forced` whether somebody
    insisted in spite of that.
    """

    author: str
    measure: Measure
    for_s: float
    reason: str
    finding: FindingId | None = None
    edges: tuple[str, ...] | None = None
    prediction: Prediction | None = None
    forced: bool = False


@dataclass(frozen=True, slots=True)
class AdjustMitigation:
    """Make a mitigation in force another of its kind and service, on these edges (None: all).

    It lasts `for_s` seconds from now; None leaves its expiry as it is.
    """

    author: str
    id: MitigationId
    measure: Measure
    why: str
    edges: tuple[str, ...] | None = None
    for_s: float | None = None


@dataclass(frozen=True, slots=True)
class EndMitigation:
    """End a mitigation before it expires."""

    author: str
    id: MitigationId
    why: str = "ended"


@dataclass(frozen=True, slots=True)
class SuggestMitigation:
    """Note what Holdfast would do about an open finding, in place of what it suggested before."""

    finding: FindingId
    measure: Measure
    for_s: float
    reason: str
    edges: tuple[str, ...] | None = None
    author: str = SYSTEM


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """Note what the watch found; one of a kind and subject is open at a time."""

    finding: Finding
    author: str = SYSTEM


@dataclass(frozen=True, slots=True)
class UpdateFinding:
    """Note that more is known of an open finding, of the same kind and subject."""

    id: FindingId
    finding: Finding
    author: str = SYSTEM


@dataclass(frozen=True, slots=True)
class CloseFinding:
    """Note that what was found is over. Mitigations that answer it aren't ended by this."""

    id: FindingId
    why: str
    author: str = SYSTEM


@dataclass(frozen=True, slots=True)
class NoteTenantTold:
    """Note that a tenant's contact was told of a mitigation, or couldn't be (`error`)."""

    tenant: str
    mitigation: MitigationId
    contact: str
    error: str | None = None
    author: str = SYSTEM


@dataclass(frozen=True, slots=True)
class NoteChange:
    """Note that something was changed beside Holdfast, for these services (none: not said which).

    A drill lasts `lasts_s`. With `ends` it is over now: given by its note's place in the journal.
    """

    author: str
    kind: NoteKind
    why: str
    services: tuple[str, ...] = ()
    lasts_s: float | None = None
    ends: int | None = None


@dataclass(frozen=True, slots=True)
class SwitchComponent:
    """Switch a component of Holdfast itself on, off, or to another version."""

    name: str
    on: bool
    why: str
    version: str = ""
    author: str = SYSTEM


@dataclass(frozen=True, slots=True)
class SetOwnerLimits:
    """Set what a service's owner chose within the platform's bounds; None returns to the platform file's limits."""

    author: str
    service: str
    limits: Limits | None


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: end what has expired."""

    author: str = SYSTEM


Findings = OpenFinding | UpdateFinding | CloseFinding | SuggestMitigation
"""Commands about what the watch found."""

Notes = NoteTenantTold | NoteChange
"""Commands after which nothing is to be done."""

Protective = Mitigate | AdjustMitigation | EndMitigation | Findings | Incidents | Notes | SwitchComponent | Tick
"""Commands that take effect before they are recorded: protection doesn't wait for a disk."""

Releasing = EndMitigation | CloseFinding | Tick
"""Those of them that only end what was begun, and so can't be more than that, however long nothing is recorded."""

Rollouts = (
    AdvanceRollout | PauseRollout | ResumeRollout | PromoteRollout | RollBackRollout | FreezeChanges | ThawChanges
)
"""Commands about a revision on its way."""

Command = ProposeRevision | Recompile | Rollback | CanaryAnswered | SetOwnerLimits | Rollouts | Protective
"""Everything that control may be asked to do."""
