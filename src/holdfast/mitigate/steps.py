"""What the policy asks for: plain values, which whoever runs it turns into commands and messages."""

from dataclasses import dataclass
from enum import StrEnum

from holdfast.model.finding import FindingId
from holdfast.model.mitigation import Measure, MitigationId
from holdfast.model.prediction import Prediction


@dataclass(frozen=True, slots=True)
class Start:
    """Put a measure in force for `for_s` seconds, on these edges or (None) on all."""

    measure: Measure
    for_s: float
    reason: str
    finding: FindingId | None = None
    edges: tuple[str, ...] | None = None
    prediction: Prediction | None = None


@dataclass(frozen=True, slots=True)
class Adjust:
    """Make a mitigation in force another of its kind, on these edges, for `for_s` seconds from now."""

    id: MitigationId
    measure: Measure
    edges: tuple[str, ...] | None
    for_s: float
    why: str


@dataclass(frozen=True, slots=True)
class End:
    """End a mitigation."""

    id: MitigationId
    why: str


@dataclass(frozen=True, slots=True)
class Suggest:
    """Show people what would have been started, had the service's policy been to act."""

    finding: FindingId
    measure: Measure
    for_s: float
    reason: str
    edges: tuple[str, ...] | None = None
    prediction: Prediction | None = None


class Occasion(StrEnum):
    """Why a tenant is written to."""

    BEGAN = "began"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Notice:
    """A letter of plain text."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class TellTenant:
    """Write to a tenant's contact. `mitigation` is the first of those that it is about, or the last that ended."""

    tenant: str
    contact: str
    mitigation: MitigationId
    occasion: Occasion
    notice: Notice


Step = Start | Adjust | End | Suggest | TellTenant
"""Everything that the policy may ask for."""
