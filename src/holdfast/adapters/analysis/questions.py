"""Questions to an analyser: put, sent, answered in their order, and how long that takes."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from holdfast.adapters.analysis.protocol import Answer, Ask
from holdfast.model.query import ServiceQueries

OPEN_MAX: Final = 16
"""Questions that may be open; more aren't put."""
Answered = asyncio.Future[ServiceQueries | None]


@dataclass(slots=True)
class _Question:
    number: int
    put_at: float
    service: str | None = None
    answered: Answered = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Questions:
    """The open questions. They belong to one event loop; `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._number = 0
        self._unsent: deque[_Question] = deque()
        self._sent: deque[_Question] = deque()
        self._last_lag_s = 0.0

    @property
    def lag_s(self) -> float:
        """How long the last answer took, or how long the next is waited for already, whichever is more."""
        oldest = next(iter((*self._sent, *self._unsent)), None)
        return self._last_lag_s if oldest is None else max(self._last_lag_s, self._clock() - oldest.put_at)

    def put(self, service: str) -> Answered | None:
        """Ask for a service, unless that is being asked already; None if too much is."""
        for question in (*self._sent, *self._unsent):
            if question.service == service:
                return question.answered
        return None if len(self._sent) + len(self._unsent) >= OPEN_MAX else self._put(service).answered

    def put_ping(self) -> None:
        """Ask how things are, unless that is being asked already."""
        if all(question.service is not None for question in (*self._sent, *self._unsent)):
            self._put(None)

    def take(self) -> Ask | None:
        """The next question to send."""
        if not self._unsent:
            return None
        question = self._unsent.popleft()
        self._sent.append(question)
        return Ask(ask=question.number, service=question.service)

    def answer(self, answer: Answer) -> bool:
        """Take an answer; False if it isn't the answer to the oldest question."""
        question = self._sent[0] if self._sent else None
        told = answer.queries.service if answer.queries else None
        if question is None or question.number != answer.answer or question.service != told:
            return False
        self._sent.popleft()
        self._last_lag_s = self._clock() - question.put_at
        if not question.answered.done():
            question.answered.set_result(answer.queries)
        return True

    def forgive(self) -> None:
        """Count lateness from now on."""
        self._last_lag_s = 0.0
        for question in (*self._sent, *self._unsent):
            question.put_at = self._clock()

    def clear(self) -> None:
        """There is nobody left to answer."""
        for question in (*self._sent, *self._unsent):
            if not question.answered.done():
                question.answered.set_result(None)
        self._sent.clear()
        self._unsent.clear()
        self._last_lag_s = 0.0

    def _put(self, service: str | None) -> _Question:
        self._number += 1
        question = _Question(self._number, self._clock(), service)
        self._unsent.append(question)
        return question
