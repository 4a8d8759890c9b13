"""Real traffic, from a folder of traces: how often it alarms the watch, and whether sources are told in a real log.

The rates of one site (`nasa_rps.npz`) and seeds below 100 were looked at while the detector was tuned; everything
else is only evaluated.
"""

from __future__ import annotations

import csv
import gzip
from typing import TYPE_CHECKING

import numpy as np

from bench.detection.false_alarms import HOURS_A_MONTH, Alarms, play_counts
from bench.detection.tenants import build_stand

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

TICK_S = 1.0
DAY_S = 86_400
HEADROOM = 1.5
"""Over a day's highest rate of ten seconds: every flash crowd is within capacity."""
MEAN_RPS = 20.0
"""Series of minutes are scaled to this mean, and drawn second by second."""


def play_trace(days: NDArray[np.int64]) -> Alarms:
    """Play days of a trace beside each other, each as a tenant of its own; shape (days, seconds)."""
    tens = days[:, : days.shape[1] // 10 * 10].reshape(len(days), -1, 10).mean(axis=2)
    stand = build_stand((np.maximum(tens.max(axis=1), 1.0) * HEADROOM).tolist())
    return play_counts(stand, days.T, TICK_S, days.size / 3600 / HOURS_A_MONTH)


def read_traces(folder: Path) -> dict[str, NDArray[np.int64]]:
    """Every trace of requests that is there, as days of seconds."""
    rng = np.random.default_rng(101)
    found = {"nasa (tuned on)": np.load(folder / "nasa_rps.npz")["x"].astype(np.int64).reshape(-1, DAY_S)}
    with gzip.open(folder / "wc98_per_minute.csv.gz", "rt") as lines:
        minutes = np.array([float(row["count"]) for row in csv.DictReader(lines)])
    found["world cup 98"] = _draw_days(rng, minutes[-40 * 1440 :], 60)
    for path in sorted((folder / "nab").rglob("*.csv")):
        if path.parent.name == "realTweets" or path.stem.startswith("elb_request_count"):
            with path.open() as lines:
                values = np.array([float(row["value"]) for row in csv.DictReader(lines)])
            found[path.stem] = _draw_days(rng, values[: 14 * 288], 300)
    found["azure"] = _read_azure(folder / "azure_llm_code.csv")
    return found


def _draw_days(rng: np.random.Generator, values: NDArray[np.float64], step_s: int) -> NDArray[np.int64]:
    """Seconds whose rates go straight from one value to the next."""
    whole = values[: len(values) * step_s // DAY_S * DAY_S // step_s]
    rates = np.interp(np.arange(len(whole) * step_s), np.arange(len(whole)) * step_s, whole)
    days = rates.reshape(-1, DAY_S)
    drawn: NDArray[np.int64] = rng.poisson(days / np.maximum(days.mean(axis=1, keepdims=True), 1e-9) * MEAN_RPS)
    return drawn


def _read_azure(path: Path) -> NDArray[np.int64]:
    with path.open() as lines:
        stamps: Iterable[str] = [row["TIMESTAMP"] for row in csv.DictReader(lines)]
    seconds = np.array([np.datetime64(stamp.replace(" ", "T")[:23]) for stamp in stamps])
    offsets = (seconds - seconds.min()) / np.timedelta64(1, "s")
    return np.bincount(offsets.astype(np.int64))[None]
