"""Everything that runs while the drill is played."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from holdfast.drills.bad_route_push.cast import Cast
    from holdfast.drills.bad_route_push.operator import Operator
    from holdfast.drills.bad_route_push.platform_file import Edition, PlatformFile
    from holdfast.drills.bad_route_push.scenario import Form
    from holdfast.drills.bad_route_push.timing import DrillClock
    from holdfast.drills.stage.holdfast_process import HoldfastProcess


@dataclass(frozen=True, slots=True)
class Stand:
    """Holdfast at work, the operator, the texts of the platform's editions, and whoever is told what happens."""

    form: Form
    cast: Cast
    holdfast: HoldfastProcess
    port_of: Mapping[str, int]
    """Where each edge listens."""
    operator: Operator
    texts: Texts
    clock: DrillClock
    tell: Callable[[str], None]


class Texts:
    """Editions of the platform file, each written once."""

    def __init__(self, file: PlatformFile) -> None:
        self._file = file
        self._write = cache(self._write_anew)

    def of(self, edition: Edition, *, bake_s: float | None = None, dormant_in: str = "", crowded_in: str = "") -> str:
        """The text of an edition."""
        return self._write(edition, bake_s, dormant_in, crowded_in)

    def _write_anew(self, edition: Edition, bake_s: float | None, dormant_in: str, crowded_in: str) -> str:
        return self._file.write(edition, bake_s=bake_s, dormant_in=dormant_in, crowded_in=crowded_in)
