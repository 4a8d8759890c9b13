"""From documents to what is known of a service's operations."""

import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from hashlib import blake2b

from holdfast.analyser.flagging import find_flags
from holdfast.analyser.limits import CPU_BURST_S, CPU_SHARE, FLAGGED_MAX, HALF_LIFE_S, KNOWN_DOCUMENTS_MAX
from holdfast.analyser.measuring import measure_document
from holdfast.analyser.normal_form import fingerprint, normalise, shorten
from holdfast.analyser.reading import UnreadableDocument, limit_cpu, read_document
from holdfast.analyser.table import OperationTable, Shape, show_operation
from holdfast.model.query import FlaggedOperation, ServiceQueries, Unreadable

Known = Shape | Unreadable
"""What is remembered of a document."""
_log = logging.getLogger(__name__)


def analyse(document: str) -> Known:
    """A document's shape, or why it can't be told. Never raises, never takes more than a document's CPU time."""
    try:
        with limit_cpu():
            tree = read_document(document)
            measures, cyclic = measure_document(tree)
            text = normalise(tree)
            return Shape(fingerprint(text), shorten(text), measures, find_flags(measures, cyclic=cyclic))
    except UnreadableDocument as unreadable:
        return unreadable.why
    except Exception:  # noqa: BLE001 - whatever a document brings about, the next is analysed
        _log.exception("a document can't be analysed")
        return Unreadable.FAILED


class Analysis:
    """Counts operations, and keeps to its own share of a CPU: beyond it, documents not seen before are skipped.

    `cpu_clock` tells the CPU time that the process has used, `clock` the time that has passed, both in seconds.
    """

    def __init__(
        self, cpu_clock: Callable[[], float] = time.process_time, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._cpu_clock, self._clock = cpu_clock, clock
        self._table = OperationTable()
        self._known: OrderedDict[bytes, Known] = OrderedDict()
        self._flagged: deque[FlaggedOperation] = deque(maxlen=FLAGGED_MAX)
        self._allowed_s, self._allowed_at = CPU_BURST_S, clock()
        self._halved_at = clock()

    def count(self, service: str, document: str, weight: float) -> None:
        """Count one document for the `weight` requests that it stands for."""
        self._halve_when_due()
        known = self._recall(document)
        if isinstance(known, Unreadable):
            self._table.count_unreadable(service, known, weight)
        elif self._table.count(service, known, weight) and known.flags:
            self._flagged.append(FlaggedOperation(service=service, operation=show_operation(known, weight)))

    def show(self, service: str) -> ServiceQueries:
        """What is known of a service."""
        return self._table.show(service)

    def take_flagged(self) -> tuple[FlaggedOperation, ...]:
        """Operations newly found to be large or complex since this was last asked."""
        flagged = tuple(self._flagged)
        self._flagged.clear()
        return flagged

    def _recall(self, document: str) -> Known:
        key = blake2b(document.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        if self._allow() <= 0:
            return Unreadable.SKIPPED
        began_s = self._cpu_clock()
        known = self._known[key] = analyse(document)
        self._allowed_s -= self._cpu_clock() - began_s
        if len(self._known) > KNOWN_DOCUMENTS_MAX:
            self._known.popitem(last=False)
        return known

    def _allow(self) -> float:
        """How much CPU time may be spent now, in seconds; below zero it is overdrawn."""
        now = self._clock()
        self._allowed_s = min(CPU_BURST_S, self._allowed_s + CPU_SHARE * (now - self._allowed_at))
        self._allowed_at = now
        return self._allowed_s

    def _halve_when_due(self) -> None:
        if self._clock() - self._halved_at >= HALF_LIFE_S:
            self._halved_at = self._clock()
            self._table.halve()
