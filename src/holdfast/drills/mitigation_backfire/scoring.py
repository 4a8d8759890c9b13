"""What clients' answers say about a mitigation. Pure: arrays in, numbers out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from holdfast.drills.instruments.load_result import Records

REFUSALS: Final = (403, 429, 503)


def is_refused(records: Records) -> npt.NDArray[np.bool_]:
    """Whether an edge refused each request; shape (requests,)."""
    return np.isin(records["status"], REFUSALS)


def find_last_refusal_s(records: Records, called_s: float, until_s: float) -> float:
    """Seconds from a call to the arrival of the last refusal among the requests due before `until_s`; 0 without any."""
    due_s = records["intended_s"]
    refused = records[(due_s >= called_s) & (due_s < until_s) & is_refused(records)]
    if len(refused) == 0:
        return 0.0
    arrived_s = refused["intended_s"] + refused["latency_ms"].astype(np.float64) / 1e3
    return float(arrived_s.max()) - called_s


def find_refused_share(records: Records, start_s: float, end_s: float) -> float:
    """The share of requests due within a time that were refused; 0 without any."""
    due_s = records["intended_s"]
    within = records[(due_s >= start_s) & (due_s < end_s)]
    return float(np.mean(is_refused(within))) if len(within) else 0.0
