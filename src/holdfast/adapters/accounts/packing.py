"""Counts of many subjects in one value: numbers and counts as bytes, compressed."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_LEVEL: Final = 1
_IDS: Final = np.dtype("<u4")
_COUNTS: Final = np.dtype("<f4")


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Counts of subjects: `ids` ascend, shape (subjects,); `counts` has the shape (subjects, columns)."""

    ids: NDArray[np.uint32]
    counts: NDArray[np.float32]


def pack(tally: Tally) -> bytes:
    """A tally's bytes: column by column, since most columns are nearly empty."""
    columns = np.ascontiguousarray(tally.counts.T, _COUNTS)
    head = np.array(tally.counts.shape, _IDS).tobytes()
    return zlib.compress(head + tally.ids.astype(_IDS).tobytes() + columns.tobytes(), _LEVEL)


def unpack(body: bytes) -> Tally:
    """A tally out of its bytes; ValueError if it is none."""
    try:
        data = zlib.decompress(body)
    except zlib.error as error:
        raise ValueError(f"a tally can't be unpacked: {error}") from error
    rows, columns = np.frombuffer(data, _IDS, 2).tolist()
    ids = np.frombuffer(data, _IDS, rows, 8)
    counts = np.frombuffer(data, _COUNTS, rows * columns, 8 + 4 * rows)
    return Tally(ids, counts.reshape(columns, rows).T)


def add_up(tallies: Iterable[Tally]) -> Tally | None:
    """The sum of tallies; None of none."""
    known = list(tallies)
    if not known:
        return None
    ids, places = np.unique(np.concatenate([tally.ids for tally in known]), return_inverse=True)
    whole = np.zeros((len(ids), known[0].counts.shape[1]), np.float64)
    np.add.at(whole, places, np.concatenate([tally.counts for tally in known]))
    return Tally(ids, whole.astype(np.float32))
