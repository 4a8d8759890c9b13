"""Arrays with one column for each series, rebuilt when series come and go."""

from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
"""float32: whole numbers below 2^24 are exact in it, and it takes half the time of float64."""
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]
"""Indices of series."""
NEW: Final = -1
"""In a selection of rows: a series that wasn't there before."""

_Kind = TypeVar("_Kind", bound=np.generic)


def select_columns(array: NDArray[_Kind], rows: Rows, fill: Any = 0) -> NDArray[_Kind]:
    """The columns (last axis) of these rows, in this order; where a row is `NEW`, filled. Not a copy if all stay."""
    if len(rows) == array.shape[-1] and np.array_equal(rows, np.arange(len(rows))):
        return array
    chosen = np.full((*array.shape[:-1], len(rows)), fill, array.dtype)
    there = rows != NEW
    chosen[..., there] = array[..., rows[there]]
    return chosen
