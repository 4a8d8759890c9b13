"""What may be sent to the API."""

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from holdfast.model.mitigation import Measure
from holdfast.model.noun import Noun
from holdfast.model.platform import Limits, Name
from holdfast.model.revision import RevisionNumber
from holdfast.model.token import Role, TokenName

TEXT_CHARACTERS_MAX: Final = 16 * 1024**2
Reason = Annotated[str, StringConstraints(max_length=500)]
FileName = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]


class ProposeBody(Noun):
    """A platform file's text, and what it was called where it came from."""

    text: Annotated[str, StringConstraints(max_length=TEXT_CHARACTERS_MAX)]
    file: FileName = ""
    reason: Reason = ""


class RollbackBody(Noun):
    """The revision to return to; the one before the present one if left out."""

    to: RevisionNumber | None = None
    reason: Reason = ""


class MitigateBody(Noun):
    """A measure of the closed menu, for how many seconds, and why."""

    measure: Measure
    for_s: Annotated[float, Field(gt=0)]
    reason: Reason


class OwnerLimitsBody(Noun):
    """What a service's owner chooses; null returns to the platform file's limits."""

    limits: Limits | None


class TokenBody(Noun):
    """Whom a new token is for. An owner's is bound to one tenant; all others to none."""

    name: TokenName
    role: Role
    tenant: Name | None = None
