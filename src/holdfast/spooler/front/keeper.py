"""Who keeps what is accepted, as the front sees it, and how it is asked across the link."""

from collections.abc import Callable
from itertools import count
from typing import Final, Protocol

from holdfast.model.spool import Accepted, Draft, Receipt, Refusal
from holdfast.spooler.link import NotYet, Offer, Question, Told, Verdict, Word

Found = Receipt | NotYet | None
_DENIALS: Final[dict[str, Refusal | NotYet]] = {denial.value: denial for kind in (Refusal, NotYet) for denial in kind}


class Keeper(Protocol):
    """Keeps messages. Either call has `tell` called once, later."""

    def keep(self, draft: Draft, tell: Callable[[Verdict], None]) -> None:
        """Keep a message, and tell when it may be acknowledged, or why not."""
        ...

    def look_up(self, message_id: str, tell: Callable[[Found], None]) -> None:
        """Tell what became of a message; None if there is none of that id."""
        ...


class RemoteKeeper:
    """A `Keeper` at the other end of a link: `say` says something there, what is heard from there goes to `take`."""

    def __init__(self, say: Callable[[Offer | Question], None]) -> None:
        self._say = say
        self._numbers = count(1)
        self._kept: dict[int, Callable[[Verdict], None]] = {}
        self._found: dict[int, Callable[[Found], None]] = {}

    def keep(self, draft: Draft, tell: Callable[[Verdict], None]) -> None:
        """See `Keeper`."""
        number = next(self._numbers)
        self._kept[number] = tell
        self._say(Offer(number, draft))

    def look_up(self, message_id: str, tell: Callable[[Found], None]) -> None:
        """See `Keeper`."""
        number = next(self._numbers)
        self._found[number] = tell
        self._say(Question(number, message_id))

    def take(self, said: Word | Told) -> None:
        """Pass on what is told of a draft or a message."""
        if isinstance(said, Word):
            self._kept.pop(said.number)(_DENIALS[said.why] if said.why else Accepted(said.id, said.key))
        else:
            self._found.pop(said.number)(NotYet(said.why) if said.why else said.receipt)
