"""What is wrong with something a person wrote, and what to write instead."""

from enum import StrEnum

from holdfast.model.noun import Noun


class Severity(StrEnum):
    """An error keeps a revision from going in force; a warning doesn't."""

    ERROR = "error"
    WARNING = "warning"


class Diagnostic(Noun):
    """One mistake or danger in a platform file, with its place (line and column count from 1) and its fix."""

    code: str
    severity: Severity
    message: str
    fix: str
    file: str = ""
    line: int = 0
    column: int = 0
    text: str = ""
    path: str = ""
