"""What an edge counted in the last hour, for a control that was away: it asks for what it missed, once it is back.

Everything is kept whether control is there or not, so that nothing has to be agreed on: control alone knows what it
has, and to ask again changes nothing. It is kept in memory only: an agent that is started again remembers nothing.
"""

import logging
import zlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.model.telemetry import METRICS, EdgeFigures, EdgeReport, Recollection

_log = logging.getLogger(__name__)
PIECE_S: Final = 5.0
"""Reports are kept together in pieces that last so long; a piece never goes beyond a multiple of this Unix time."""
COARSE_S: Final = 20.0
"""When there is too much, the oldest pieces are put together up to so long: still fine enough to say the minute."""
KEPT_S: Final = 3_600.0
BYTES_MAX: Final = 16 * 2**20
"""For the counts, packed. What is beyond goes: first what is fine, then what is old."""
NAMES_MAX: Final = 200_000
TOLD_ROWS_MAX: Final = 40_000
"""Services in all pieces of one answer; the rest is asked for again. A piece is never told in part."""
TOLD_PIECES_MAX: Final = 1_000
APART_S: Final = 1.0
"""Reports that are further apart than this aren't of one piece."""
_LEVEL: Final = 1
_COUNTS: Final = np.dtype("<u4")
_COUNT_MAX: Final = int(np.iinfo(_COUNTS).max)
_PLACES: Final = np.dtype("<u4")
Places = NDArray[np.uint32]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Piece:
    """What came of one Envoy in a time: `body` has the places of services and their counts, packed."""

    process: str
    sequence: int
    began_at: float
    ended_at: float
    requests: int
    services: int
    body: bytes


@dataclass(slots=True)
class _Open:
    """The piece that reports are still added to; what they count is beside it."""

    process: str
    sequence: int
    began_at: float
    ended_at: float
    requests: int = 0


class Backlog:
    """Stateful, and reads no clock; only services that had requests cost anything."""

    def __init__(self, bytes_max: int = BYTES_MAX, remembers_s: float = KEPT_S) -> None:
        self.remembers_s = remembers_s
        """How far back it goes at most, in seconds."""
        self.bytes_used = 0
        """By the counts, packed."""
        self._bytes_max = bytes_max
        self._names: list[str] = []
        self._place_of: dict[str, int] = {}
        self._pieces: deque[_Piece] = deque()
        self._coarse: deque[_Piece] = deque()
        self._said: set[bool] = set()
        self._open: _Open | None = None
        self._sums: Counts = np.zeros((0, METRICS), np.int64)
        """Of the open piece, by place."""

    def take(self, report: EdgeReport) -> None:
        """Keep what a report says of services."""
        if self._open is not None and not _belongs(self._open, self._open, report):
            self._close()
        if self._open is None:
            self._open = _Open(report.process, report.sequence, report.began_at, report.ended_at)
        self._open.sequence, self._open.ended_at = report.sequence, report.ended_at
        self._open.requests += report.whole.requests
        places = self._find_places(report.services)
        self._sums[places] += report.counts

    def recall(self, began_at: float, ended_at: float) -> Recollection:
        """What was counted between two Unix times, in seconds: whole pieces, oldest first."""
        self._close()
        told, rows = list[EdgeReport](), 0
        for piece in (*self._coarse, *self._pieces):
            if piece.ended_at <= began_at or piece.began_at >= ended_at:
                continue
            if told and (rows + piece.services > TOLD_ROWS_MAX or len(told) >= TOLD_PIECES_MAX):
                return Recollection(tuple(told), told[-1].ended_at)
            rows += piece.services
            told.append(self._unpack(piece))
        return Recollection(tuple(told), ended_at)

    def _close(self) -> None:
        """Make a piece of the reports that came last."""
        if (piece := self._open) is None:
            return
        self._open = None
        places = np.flatnonzero(self._sums.any(axis=1)).astype(_PLACES)
        counts = self._sums[places]
        self._sums[places] = 0
        times = (piece.process, piece.sequence, piece.began_at, piece.ended_at)
        self._keep(self._pieces, _pack(*times, piece.requests, places, counts))
        self._forget_old(piece.ended_at - self.remembers_s)
        while self.bytes_used > self._bytes_max and (self._pieces or self._coarse):
            self._shrink()
        if len(self._names) > NAMES_MAX:
            self._forget_all()

    def _find_places(self, services: Sequence[str]) -> Places:
        place_of, names = self._place_of, self._names
        for name in services:
            if name not in place_of:
                place_of[name] = len(names)
                names.append(name)
        if len(names) > len(self._sums):
            more = max(len(names), 2 * len(self._sums)) - len(self._sums)
            self._sums = np.concatenate([self._sums, np.zeros((more, METRICS), np.int64)])
        return np.fromiter((place_of[name] for name in services), _PLACES, len(services))

    def _keep(self, where: deque[_Piece], piece: _Piece) -> None:
        where.append(piece)
        self.bytes_used += len(piece.body)

    def _forget_old(self, before: float) -> None:
        for where in (self._coarse, self._pieces):
            while where and where[0].ended_at <= before:
                self.bytes_used -= len(where.popleft().body)

    def _forget_all(self) -> None:
        """So many names come and go only if services do; what was counted of them is let go of with them."""
        self._coarse.clear()
        self._pieces.clear()
        self._names.clear()
        self._place_of.clear()
        self._sums = np.zeros((0, METRICS), np.int64)
        self.bytes_used = 0

    def _shrink(self) -> None:
        """Make the oldest fine pieces one coarse piece; if none is fine, let go of the oldest."""
        self._say()
        if not self._pieces:
            self.bytes_used -= len(self._coarse.popleft().body)
            return
        first, taken = self._pieces[0], list[_Piece]()
        while self._pieces and _belongs(first, taken[-1] if taken else first, self._pieces[0], COARSE_S):
            taken.append(self._pieces.popleft())
        self.bytes_used -= sum(len(piece.body) for piece in taken)
        parts = [_read(piece) for piece in taken]
        places, counts = (np.concatenate(each) for each in zip(*parts, strict=True))
        last, requests = taken[-1], sum(piece.requests for piece in taken)
        self._keep(
            self._coarse,
            _pack(last.process, last.sequence, first.began_at, last.ended_at, requests, *_join(places, counts)),
        )

    def _say(self) -> None:
        """Say once that there isn't room for the whole of it, and once that some of it is let go of."""
        is_fine = bool(self._pieces)
        if is_fine not in self._said:
            self._said.add(is_fine)
            what = f"the oldest are kept in pieces of {COARSE_S:.0f} s" if is_fine else "the oldest are let go of"
            _log.warning("the counts that control may ask for take more than %d bytes: %s", self._bytes_max, what)

    def _unpack(self, piece: _Piece) -> EdgeReport:
        places, counts = _read(piece)
        return EdgeReport(
            edge="",
            process=piece.process,
            sequence=piece.sequence,
            began_at=piece.began_at,
            ended_at=piece.ended_at,
            services=tuple(self._names[place] for place in places.tolist()),
            counts=counts,
            in_flight=np.zeros(len(places), np.int64),
            whole=EdgeFigures(requests=piece.requests),
        )


def _belongs(first: _Open | _Piece, last: _Open | _Piece, next_: EdgeReport | _Piece, size_s: float = PIECE_S) -> bool:
    """Whether what comes next is of one piece with what came before: of one Envoy, without a gap, in the same time."""
    if next_ is first:
        return True
    is_next = next_.process == last.process and 0 <= next_.began_at - last.ended_at + APART_S <= 2 * APART_S
    return is_next and (next_.ended_at - 1e-6) // size_s == first.began_at // size_s


def _join(places: Places, counts: Counts) -> tuple[Places, Counts]:
    """The sums by place, ascending; who counted nothing is left out."""
    counted = counts.any(axis=1)
    own, rows = np.unique(places[counted], return_inverse=True)
    whole = np.zeros((len(own), METRICS), np.int64)
    np.add.at(whole, rows, counts[counted])
    return own, whole


def _pack(
    process: str, sequence: int, began_at: float, ended_at: float, requests: int, places: Places, counts: Counts
) -> _Piece:
    """Column by column, since most of them are nearly empty."""
    columns = np.ascontiguousarray(np.minimum(counts, _COUNT_MAX).T, _COUNTS)
    body = places.astype(_PLACES).tobytes() + columns.tobytes()
    return _Piece(process, sequence, began_at, ended_at, requests, len(places), zlib.compress(body, _LEVEL))


def _read(piece: _Piece) -> tuple[Places, Counts]:
    data, size = zlib.decompress(piece.body), piece.services * _PLACES.itemsize
    counts = np.frombuffer(data, _COUNTS, offset=size).reshape(METRICS, piece.services)
    return np.frombuffer(data[:size], _PLACES), counts.T.astype(np.int64)
