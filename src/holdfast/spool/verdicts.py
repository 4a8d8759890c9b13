"""What the answer to a delivery means for its message."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

RETRIED: Final = frozenset({408, 425, 429})
"""Statuses below 500 by which an upstream says: not now."""
RETRY_AFTER_S_MAX: Final = 3_600.0
_MESSAGE_OR_UPSTREAM: Final = ("upstream.", "accept.")
"""Causes that an edge names when it is the upstream that fails, or the message that isn't accepted."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a delivery. `cause` is what the edge names if it gave the answer itself."""

    status: int
    cause: str | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """The upstream has it."""

    status: int


@dataclass(frozen=True, slots=True)
class Failed:
    """By its own or the upstream's fault it isn't taken now: it is tried again, later and later."""

    why: str
    retry_after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class HeldUp:
    """It is our own fault, or our will, that it isn't taken: neither its age nor its attempts count."""

    cause: str
    is_crowded: bool = False
    """The walls around the upstream are full."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The upstream will never take it: a dead letter."""

    why: str


Verdict = Taken | Failed | HeldUp | Rejected


def judge_answer(answer: Answer, also_on: Collection[int]) -> Verdict:
    """What an answer means; `also_on` are statuses that the route's owner declared to be no answer."""
    if 200 <= answer.status < 300:
        return Taken(answer.status)
    if answer.cause is not None and not answer.cause.startswith(_MESSAGE_OR_UPSTREAM):
        return HeldUp(answer.cause, is_crowded=answer.cause == "bulkhead")
    why = f"HTTP {answer.status}" + (f" ({answer.cause})" if answer.cause else "")
    if answer.status in also_on or answer.status in RETRIED or answer.status >= 500 or answer.cause is not None:
        return Failed(why, min(answer.retry_after_s or 0.0, RETRY_AFTER_S_MAX))
    return Rejected(why)


def read_retry_after(value: str | None) -> float | None:
    """Seconds to wait, as a Retry-After says in digits; a date is no reason to trust the other's clock, so None."""
    text = (value or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
