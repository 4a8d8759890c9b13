"""How arrivals and errors vary from second to second: from real traces where there are any, made up otherwise."""

import csv
import gzip
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np

from holdfast.drills.simulation.population import Floats

SECONDS: Final = 3_600
MADE_UP: Final = "made up"


@dataclass(frozen=True, eq=False)
class Shapes:
    """Series to take pieces of. `arrivals`: factors of a mean rate, one a second; `errors`: factors of a share."""

    source: str
    arrivals: tuple[Floats, ...]
    errors: tuple[Floats, ...]


def make_up_shapes(random: np.random.Generator) -> Shapes:
    """Lumps of a gamma law, some of them wandering as well; errors that come in clusters."""
    lumps = tuple(random.gamma(shape, 1 / shape, SECONDS) for shape in (0.5, 1.0, 3.0, 20.0))
    steps = random.normal(0, 0.02, (2, SECONDS)).cumsum(1)
    wandering = tuple(np.exp(each - each.mean()) * random.gamma(2.0, 0.5, SECONDS) for each in steps)
    return Shapes(MADE_UP, (*lumps, *wandering), _make_up_errors(random))


def read_shapes(folder: Path) -> Shapes:
    """The traces of a folder; those that aren't there are left out.

    Raises:
        FileNotFoundError: there is none of them.
    """
    readers = (
        ("nasa_rps.npz", _read_per_second),
        ("azure_llm_code.csv", _read_moments),
        ("wc98_per_minute.csv.gz", _read_per_minute),
    )
    arrivals = {name: read(folder / name) for name, read in readers if (folder / name).exists()}
    if not arrivals:
        raise FileNotFoundError(f"no trace in {folder}")
    names = ", ".join(arrivals)
    found = tuple(each for series in arrivals.values() for each in series)
    return Shapes(f"arrivals: {names}; errors: {MADE_UP}", found, _make_up_errors(np.random.default_rng(1)))


def _read_per_second(path: Path) -> tuple[Floats, ...]:
    with np.load(path) as stored:
        counts = stored[stored.files[0]].astype(np.float64)
    return (counts / counts.mean(),)


def _read_moments(path: Path) -> tuple[Floats, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        moments = [datetime.fromisoformat(row["TIMESTAMP"][:26]).timestamp() for row in csv.DictReader(file)]
    counts = np.bincount((np.array(moments) - min(moments)).astype(np.int64)).astype(np.float64)
    return (counts / counts.mean(),)


def _read_per_minute(path: Path) -> tuple[Floats, ...]:
    """The busier days, each relative to its own mean, between minutes in a straight line."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        counts = np.array([float(row["count"]) for row in csv.DictReader(file)])
    days = counts[: len(counts) // 1440 * 1440].reshape(-1, 1440)
    busy = days[days.min(axis=1) >= 60]
    return tuple(
        np.interp(np.arange(1439 * 60), np.arange(1440) * 60, day / day.mean())
        for day in busy[:: max(1, len(busy) // 8)]
    )


def _make_up_errors(random: np.random.Generator) -> tuple[Floats, ...]:
    """Clusters of twenty seconds, of up to some eight times the mean."""
    return tuple(np.repeat(random.gamma(shape, 1 / shape, SECONDS // 20), 20) for shape in (1.0, 2.0, 5.0))
