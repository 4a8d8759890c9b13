"""An outbox in the test's hands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from holdfast.model.letter import Letter, LetterState, LetterStatus, OutboxUnavailable


@dataclass
class FakeOutbox:
    """Keeps letters in memory; `settle` says what becomes of one. Every key may be put once."""

    clock: Callable[[], float]
    letters: dict[str, Letter] = field(default_factory=dict)
    states: dict[str, LetterState] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)
    broken: bool = False

    async def put(self, letters: Sequence[Letter]) -> None:
        self._check()
        for letter in letters:
            if letter.key not in self.letters:
                now = self.clock()
                self.letters[letter.key] = letter
                self.states[letter.key] = LetterState(letter.key, LetterStatus.WAITING, 0, now, now)

    async def look_up(self, keys: Sequence[str]) -> Sequence[LetterState]:
        self._check()
        return [self.states[key] for key in keys if key in self.states]

    async def cancel(self, prefix: str) -> None:
        self._check()
        self.cancelled.append(prefix)
        for key, state in self.states.items():
            if key.startswith(prefix) and state.status is LetterStatus.WAITING:
                self.settle(key, "cancelled")

    def settle(self, key: str, error: str | None = None) -> None:
        """A letter is sent now, or is given up for an error."""
        status = LetterStatus.SENT if error is None else LetterStatus.FAILED
        self.states[key] = replace(self.states[key], status=status, changed_at=self.clock(), error=error)

    def _check(self) -> None:
        if self.broken:
            raise OutboxUnavailable("the disk is full")
