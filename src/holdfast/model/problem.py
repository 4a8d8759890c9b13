"""Errors as documents (RFC 9457), with a stable code for programs."""

from holdfast.model.danger import Danger
from holdfast.model.diagnostic import Diagnostic
from holdfast.model.noun import Noun
from holdfast.model.prediction import Prediction


class FieldMistake(Noun):
    """One value of a request that isn't as it must be."""

    where: str
    message: str


class ProblemDocument(Noun):
    """Why a request wasn't done. `code` is stable, `detail` is for people.

    `prediction` is what was foretold of a measure that wasn't taken for that, `dangers` what must be confirmed first.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    diagnostics: tuple[Diagnostic, ...] = ()
    fields: tuple[FieldMistake, ...] = ()
    prediction: Prediction | None = None
    dangers: tuple[Danger, ...] = ()
