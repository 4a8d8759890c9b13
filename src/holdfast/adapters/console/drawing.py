"""Small drawings inside pages, and the data of large ones."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from holdfast.views.live_traffic import TrafficDocument, TrafficHistory
from holdfast.views.rollout import RolloutDocument, WaveState

SPARK_WIDTH: Final = 96
SPARK_HEIGHT: Final = 22
WAVE_PERCENT_MIN: Final = 3.0


def draw_spark(values: Sequence[float | None]) -> str:
    """An SVG path of `SPARK_WIDTH` x `SPARK_HEIGHT`, from zero at the bottom to the highest value at the top.

    Where a value is None there is a gap.
    """
    return "".join(f"M{'L'.join(run)}" for run in _find_runs(values))


def draw_spark_area(values: Sequence[float | None]) -> str:
    """The path of what is below `draw_spark`."""
    areas = []
    for run in _find_runs(values):
        first, last = run[0].partition(" ")[0], run[-1].partition(" ")[0]
        areas.append(f"M{first} {SPARK_HEIGHT}L{'L'.join(run)}L{last} {SPARK_HEIGHT}Z")
    return "".join(areas)


def _find_runs(values: Sequence[float | None]) -> list[list[str]]:
    """Points (`X Y`) without gaps between them."""
    highest = max((value for value in values if value is not None), default=0.0)
    step = SPARK_WIDTH / max(1, len(values) - 1)
    runs: list[list[str]] = [[]]
    for i, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            y = SPARK_HEIGHT - 1 - (SPARK_HEIGHT - 2) * (value / highest if highest else 0.0)
            runs[-1].append(f"{i * step:.0f} {y:.1f}")
    return [run for run in runs if run]


def split_traffic(traffic: TrafficDocument) -> list[tuple[str, str, float]]:
    """What became of what was offered: class of its colour, name, and requests per second; nothing that is zero."""
    answered = max(0.0, traffic.admitted - traffic.failed)
    parts = [
        ("answered", "answered", answered),
        ("failed", "failed", traffic.failed),
        ("limited", "limited", traffic.limited),
        ("shed", "shed", traffic.shed),
        ("mitigated", "mitigated", traffic.mitigated),
        ("rejected", "rejected", traffic.rejected),
    ]
    return [part for part in parts if part[2] > 0]


def draw_waves(rollout: RolloutDocument) -> list[tuple[float, float, WaveState]]:
    """Each wave's place and width in percent, and its state: as wide as it has services, and never too small to see."""
    smallest = max(1, rollout.services) * WAVE_PERCENT_MIN / 100
    sizes = [max(wave.services, smallest) for wave in rollout.waves]
    scale, places, x = 100 / sum(sizes), [], 0.0
    for wave, size in zip(rollout.waves, sizes, strict=True):
        places.append((x, size * scale, wave.state))
        x += size * scale
    return places


def chart_history(history: TrafficHistory, usual_per_s: float | None, limit_per_s: float) -> Mapping[str, Any]:
    """What the chart of one service is drawn from: columns of one length, rounded to spare bytes."""
    return {
        "limit": round(limit_per_s, 1),
        "usual": None if usual_per_s is None else round(usual_per_s, 1),
        "at": [round(at, 2) for at in history.at],
        "offered": _round(history.offered),
        "admitted": _round(history.admitted),
        "refused": _round(history.refused),
        "failed": _round(history.failed),
    }


def _round(values: Sequence[float | None]) -> list[float | None]:
    return [None if value is None else round(value, 1) for value in values]
