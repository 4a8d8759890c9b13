"""Samples on their way to an analyser: as many as it takes, and the rest is counted and forgotten."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from holdfast.adapters.analysis.protocol import DOCUMENT_CHARACTERS_MAX, SAMPLES_MAX, Sample, Samples
from holdfast.model.sample import SampledRequest

WAITING_MAX: Final = 1_000
"""Samples that may wait: with documents of 8 KiB, 8 MiB."""
PER_S_MAX: Final = 500
"""Samples taken in a second, so that control's own share of the work is bounded too."""


class SampleQueue:
    """Takes samples without waiting and hands them out in batches. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._waiting: deque[Sample] = deque()
        self._allowed, self._allowed_at = float(PER_S_MAX), clock()
        self.handed = 0
        self.dropped = 0

    def offer(self, samples: Sequence[SampledRequest]) -> None:
        """Take the samples that have a document, as far as there is room."""
        now = self._clock()
        self._allowed = min(PER_S_MAX, self._allowed + PER_S_MAX * (now - self._allowed_at))
        self._allowed_at = now
        for sample in samples:
            if sample.document is None:
                continue
            if len(self._waiting) >= WAITING_MAX or self._allowed < 1:
                self.dropped += 1
                continue
            self._allowed -= 1
            self._waiting.append((sample.service, _clean(sample.document), sample.weight))

    def take(self) -> Samples | None:
        """The next batch; None if nothing waits."""
        if not self._waiting:
            return None
        batch = tuple(self._waiting.popleft() for _ in range(min(SAMPLES_MAX, len(self._waiting))))
        self.handed += len(batch)
        return Samples.model_construct(samples=batch)

    def clear(self) -> None:
        """Drop what waits."""
        self.dropped += len(self._waiting)
        self._waiting.clear()


def _clean(document: str) -> str:
    """A document that UTF-8 has words for, and one character too long if it is too long."""
    return document[:DOCUMENT_CHARACTERS_MAX].encode("utf-8", "replace").decode()
