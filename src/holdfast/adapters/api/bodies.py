"""What may be sent to the API: apart from its routes, so that commands that send it needn't load a web server."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

from holdfast.model.finding import FindingId
from holdfast.model.mitigation import Measure
from holdfast.model.note import DRILL_S_MAX, NoteKind
from holdfast.model.noun import Noun
from holdfast.model.platform import Limits
from holdfast.model.recorded import RecordedRequest
from holdfast.model.revision import Commit, RevisionNumber
from holdfast.model.scalars import Name
from holdfast.model.token import SYSTEM, Role, TokenName
from holdfast.views.rollout import FREEZE_S_MAX

TEXT_CHARACTERS_MAX: Final = 16 * 1024**2
REQUESTS_MAX: Final = 20_000
SERVICES_MAX: Final = 1_000
NAMES_MAX: Final = 1_000
PASTED_CHARACTERS_MAX: Final = 65_536
Text = Annotated[str, StringConstraints(max_length=TEXT_CHARACTERS_MAX)]
Confirmed = Annotated[tuple[Annotated[str, StringConstraints(max_length=63)], ...], Field(max_length=100)]
Reason = Annotated[str, StringConstraints(max_length=500)]
FileName = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]


class ProposeBody(Noun):
    """A platform file's text, and what it was called where it came from.

    `confirmed` are codes of what its plan finds dangerous, to go on in spite of it. With `at_once` it goes to everybody
    at the same time, without waves; that takes a reason.
    """

    text: Text
    file: FileName = ""
    reason: Reason = ""
    confirmed: Confirmed = ()
    commit: Commit = ""
    at_once: bool = False


class PlanBody(Noun):
    """A platform file's text that somebody thinks about, and requests to try beside those that were recorded."""

    text: Text
    file: FileName = ""
    requests: Annotated[tuple[RecordedRequest, ...], Field(max_length=REQUESTS_MAX)] = ()
    confirmed: Confirmed = ()


class RollbackBody(Noun):
    """The revision to return to; the one before the present one if left out."""

    to: RevisionNumber | None = None
    reason: Reason = ""


class RolloutBody(Noun):
    """Why something is done with a rollout."""

    reason: Reason = ""


class FreezeBody(Noun):
    """Why nothing new may go out, and for how many seconds; until it is ended if that is left out."""

    reason: Reason
    for_s: Annotated[float, Field(gt=0, le=FREEZE_S_MAX)] | None = None


Edges = Annotated[tuple[Name, ...], Field(min_length=1, max_length=1_000)]
For = Annotated[float, Field(gt=0)]


class MitigateBody(Noun):
    """A measure of the closed menu, for how many seconds, and why.

    It holds on these edges, or on all. `finding` is the open finding that it answers, if any. A measure that is
    predicted to harm good clients is only taken with `force`.
    """

    measure: Measure
    for_s: For
    reason: Reason
    edges: Edges | None = None
    finding: FindingId | None = None
    force: bool = False


class PreviewBody(Noun):
    """A measure of the closed menu that somebody thinks about."""

    measure: Measure


class AcceptBody(Noun):
    """For how long, and why, what is suggested is to be done; as suggested where that is left out."""

    for_s: For | None = None
    reason: Reason | None = None
    force: bool = False


class OwnerLimitsBody(Noun):
    """What a service's owner chooses; null returns to the platform file's limits."""

    limits: Limits | None


def _check_not_ours(name: str) -> str:
    if name.casefold() == SYSTEM:
        raise ValueError(f"{SYSTEM} is the author of what Holdfast does by itself; take another name")
    return name


class TokenBody(Noun):
    """Whom a new token is for. An owner's is bound to one tenant; all others to none."""

    name: Annotated[TokenName, AfterValidator(_check_not_ours)]
    role: Role
    tenant: Name | None = None


class NoteBody(Noun):
    """Something that was changed beside Holdfast, for which services (none: not said which), and why.

    A drill goes on for so many seconds; an hour, if it isn't said how long.
    """

    kind: NoteKind
    services: Annotated[tuple[Name, ...], Field(max_length=SERVICES_MAX)] = ()
    why: Reason
    for_s: Annotated[float, Field(gt=0, le=DRILL_S_MAX)] | None = None


class EndBody(Noun):
    """Why a drill is over."""

    why: Reason


class SwitchBody(Noun):
    """Why a component is switched."""

    reason: Reason


class InstallBody(Noun):
    """Where a build is on control's own machine (a folder, wheel or zip file), and why it is to run."""

    path: Annotated[str, StringConstraints(pattern=r"^/[^\x00-\x1f\x7f-\x9f]*$", max_length=4_096)]
    reason: Reason


class StartBody(Noun):
    """Services and sites that come back after an outage (none: all services), and what happened."""

    names: Annotated[tuple[Name, ...], Field(max_length=NAMES_MAX)] = ()
    reason: Reason


class SteerBody(Noun):
    """Why a restoration is steered."""

    reason: Reason


class WhyBody(Noun):
    """Why something is done with a message."""

    reason: Annotated[Reason, Field(min_length=1)]


class RedeliverAllBody(WhyBody):
    """Whose dead letters are to be delivered, and why."""

    service: Name


class OpenBody(WhyBody):
    """For how many seconds everything deferrable is to be kept, and why."""

    for_s: For


class ExplainBody(Noun):
    """An answer as `curl -i` shows it, or its headers or body alone."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=PASTED_CHARACTERS_MAX)]
