"""What may be done for services on their way back."""

from dataclasses import dataclass

from holdfast.model.restoration import Returning


@dataclass(frozen=True, slots=True)
class LetIn:
    """Let a service in for so many requests per second, from none or from another rate."""

    returning: Returning
    rps: float
    why: str


@dataclass(frozen=True, slots=True)
class EndHold:
    """Let a service in for all that comes."""

    returning: Returning
    why: str


@dataclass(frozen=True, slots=True)
class Prolong:
    """Have a hold last on as it is."""

    returning: Returning
    why: str


Step = LetIn | EndHold | Prolong
"""Everything that may be done."""
