"""What every journalled event has."""

from typing import Literal

from holdfast.model.noun import Noun


class Decided(Noun):
    """Something that was decided, by whom."""

    at: float
    """Unix time of the decision, in seconds."""
    author: str
    version: Literal[1] = 1
