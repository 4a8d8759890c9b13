"""A journal in memory that may be full, and outlives the control that writes it."""

from collections.abc import Sequence
from hashlib import sha256

from holdfast.model.event import EVENT, Event
from holdfast.model.ports import JournalUnavailable, Recorded


class MemoryJournal:
    def __init__(self) -> None:
        self.full = False
        self.bodies: list[bytes] = []
        self.texts: dict[str, str] = {}

    def read(self, after: int = 0) -> Sequence[Recorded]:
        return [Recorded(i, EVENT.validate_json(body)) for i, body in enumerate(self.bodies, 1) if i > after]

    def append(self, events: Sequence[Event]) -> None:
        self._check()
        self.bodies.extend(EVENT.dump_json(event) for event in events)

    def keep_text(self, text: str) -> str:
        self._check()
        content = sha256(text.encode()).hexdigest()
        self.texts[content] = text
        return content

    def load_text(self, content: str) -> str:
        return self.texts[content]

    def _check(self) -> None:
        if self.full:
            raise JournalUnavailable("no space left")
