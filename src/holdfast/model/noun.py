"""The base of all nouns: frozen, strict about unknown keys, comparable by value."""

from pydantic import BaseModel, ConfigDict


class Noun(BaseModel):
    """An immutable value. Unknown keys are errors, so that a mistyped key is never silently ignored.

    Numbers are finite: JSON, and so the journal, has no word for the others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
