"""How Holdfast's own parts are: on, off, or doing less."""

from enum import StrEnum

from holdfast.model.noun import Noun


class GuardState(StrEnum):
    """Whether a part of Holdfast does what it is for."""

    ON = "on"
    DEGRADED = "degraded"
    """Its budget is spent: it does less, in the order that is documented."""
    OFF = "off"


class BudgetDocument(Noun):
    """What a part uses and may use of something, in one unit such as `cores`, `MiB` or `s behind`."""

    name: str
    used: float
    maximum: float
    unit: str


class GuardDocument(Noun):
    """A part of Holdfast: telemetry, detector, analyser and such. `since` is Unix time, in seconds."""

    name: str
    what: str
    """What it is for, in plain words."""
    state: GuardState
    why: str = ""
    since: float
    version: str = ""
    budgets: tuple[BudgetDocument, ...] = ()
    degraded: tuple[str, ...] = ()
    """What it does less of, in plain words."""


class GuardsDocument(Noun):
    """Every part, whether decisions can be recorded, and how many that take effect already are not."""

    now: float
    version: str
    started_at: float
    guards: tuple[GuardDocument, ...]
    journal_writable: bool
    unrecorded: int
