"""Something that people may do, as a form asks for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Act:
    """What it is called, what it does, and what its button says.

    `needs` is what there has to be: `rollout`, `freeze`, or nothing.
    """

    title: str
    effect: str
    button: str
    needs: str = ""
    is_grave: bool = False
    takes_reason: bool = True
    takes_duration: bool = False
