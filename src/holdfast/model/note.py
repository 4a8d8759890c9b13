"""What people and pipelines say they changed, where Holdfast had no part in it."""

from enum import StrEnum
from typing import Final

DRILL_S: Final = 3_600.0
"""A drill that is noted lasts so long, unless somebody says otherwise."""
DRILL_S_MAX: Final = 86_400.0


class NoteKind(StrEnum):
    """What was changed."""

    DEPLOY = "deploy"
    """A service runs another version of its own program."""
    CERTIFICATE = "certificate"
    DRILL = "drill"
    """Somebody tries out what happens if."""
    OTHER = "other"
