"""What the change ledger speaks of."""

from enum import StrEnum


class LedgerKind(StrEnum):
    """What was changed. The last four are told by people and pipelines; see `model.note.NoteKind`."""

    REVISION = "revision"
    MITIGATION = "mitigation"
    LIMITS = "limits"
    """An owner's choice."""
    COMPONENT = "component"
    """A part of Holdfast itself."""
    FREEZE = "freeze"
    """Whether anything new may go out."""
    DEPLOY = "deploy"
    CERTIFICATE = "certificate"
    DRILL = "drill"
    OTHER = "other"
