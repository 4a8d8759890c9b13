"""Why a request got the answer that it got, as a document."""

from enum import StrEnum

from holdfast.model.finding import Finding, FindingId
from holdfast.model.logged_request import LoggedRequest
from holdfast.model.mitigation import Mitigation, MitigationId
from holdfast.model.noun import Noun
from holdfast.model.revision import RevisionNumber


class Outcome(StrEnum):
    """Who answered, and how."""

    ANSWERED = "answered"
    """The service's own upstream."""
    REFUSED = "refused"
    """An edge, by a rule."""
    FAILED = "failed"
    """An edge, for want of an answer of the upstream."""
    ABANDONED = "abandoned"
    """Nobody: the client had gone."""


class KnownFrom(StrEnum):
    """What an explanation rests on."""

    LOG = "log"
    """An edge's access log."""
    PASTED = "pasted"
    """An answer that somebody handed in, and that isn't in any log: it says what it says."""


class Origin(StrEnum):
    """Who chose a number."""

    SERVICE = "service"
    """The platform file, for this service."""
    DEFAULTS = "defaults"
    """The platform file's defaults."""
    LOCATION = "location"
    """The platform file, for the location."""
    OWNER = "owner"
    """The tenant's owner."""
    MITIGATION = "mitigation"
    BUILT_IN = "built-in"
    """Holdfast, where the file is silent."""


class LineDocument(Noun):
    """A line of a platform file as it was in a revision; line and column count from 1."""

    file: str
    line: int
    column: int
    text: str
    path: str
    revision: RevisionNumber


class FigureDocument(Noun):
    """A number that an answer rests on, who chose it, and where that is written if it is in the platform file."""

    name: str
    value: str
    origin: Origin
    chosen_by: str = ""
    line: LineDocument | None = None


class RevisionBrief(Noun):
    """The revision that was in force. Times are Unix, in seconds."""

    number: RevisionNumber
    file: str
    author: str
    reason: str
    since: float
    still: bool
    """Whether it is in force now."""


class TellingDocument(Noun):
    """That a tenant's contact was told, or why it couldn't be."""

    contact: str
    at: float
    error: str | None


class MitigationStory(Noun):
    """A mitigation as it was at the time, and what became of it since. Times are Unix, in seconds."""

    mitigation: Mitigation
    ended_at: float | None = None
    ended_by: str = ""
    why_ended: str = ""
    finding_id: FindingId | None = None
    finding: Finding | None = None
    found_until: float | None = None
    told: tuple[TellingDocument, ...] = ()


class FlagDocument(Noun):
    """One of Envoy's response flags, in plain words."""

    flag: str
    meaning: str


class Explanation(Noun):
    """One answer to a request, explained. `summary` is one sentence, `details` are more of them.

    `mitigation` is the one that refused it, if one did; `also_in_force` are others of its service at the time.
    """

    known_from: KnownFrom
    request: LoggedRequest
    outcome: Outcome
    location: str = ""
    summary: str
    details: tuple[str, ...] = ()
    figures: tuple[FigureDocument, ...] = ()
    flags: tuple[FlagDocument, ...] = ()
    mitigation: MitigationStory | None = None
    also_in_force: tuple[MitigationId, ...] = ()
    revision: RevisionBrief | None = None
    advice: tuple[str, ...] = ()


class ExplanationsDocument(Noun):
    """All that is known of a request, newest first. `remark` says what isn't, and why."""

    request_id: str
    explanations: tuple[Explanation, ...]
    remark: str = ""
