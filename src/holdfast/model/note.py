"""What people and pipelines say they changed, where Holdfast had no part in it."""

from enum import StrEnum


class NoteKind(StrEnum):
    """What was changed."""

    DEPLOY = "deploy"
    """A service runs another version of its own program."""
    CERTIFICATE = "certificate"
    DRILL = "drill"
    """Somebody tries out what happens if."""
    OTHER = "other"
