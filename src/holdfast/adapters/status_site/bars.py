"""Ninety days as a drawing: one path for each kind of day, so that a thousand components stay a small page."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from markupsafe import Markup, escape

from holdfast.adapters.status_site.wording import tell_bar, tell_history
from holdfast.model.status_document import DayBar, DayKind, History

PITCH: Final = 8
BAR: Final = 6
"""Widths, of a day with its gap and without, in units of the drawing."""
HEIGHT: Final = 40
_TOPS: Final = {
    DayKind.UNKNOWN: 30,
    DayKind.UP: 14,
    DayKind.MAINTENANCE: 14,
    DayKind.DEGRADED: 9,
    DayKind.DOWN: 4,
    DayKind.LONG_DOWN: 0,
}
"""Where each kind of day begins, from above: the worse, the taller, so that nobody needs the colours."""
_PLAIN: Final = (DayKind.UP, DayKind.UNKNOWN)
"""Days without anything to say: those of one kind are one path."""


def draw_bars(history: History) -> Markup:
    """The days of a component, with a title on each that isn't plainly up."""
    if not history.bars:
        return Markup('<p class="no-bars">Not measured yet</p>')
    kinds = [bar.kind for bar in history.bars]
    told = [_draw_told(bar, number) for number, bar in enumerate(history.bars) if bar.kind not in _PLAIN]
    paths = [f'<path class="{kind}" d="{_outline_all(kinds, kind)}"/>' for kind in _PLAIN if kind in kinds]
    width = len(history.bars) * PITCH - (PITCH - BAR)
    return Markup(  # noqa: S704 - numbers and escaped texts
        f'<svg class="bars" role="img" viewBox="0 0 {width} {HEIGHT}" preserveAspectRatio="none" '
        f'aria-label="{escape(tell_history(history))}">{"".join((*paths, *told))}</svg>'
    )


def _outline_all(kinds: Sequence[DayKind], wanted: DayKind) -> str:
    return "".join([_outline(kind, number) for number, kind in enumerate(kinds) if kind is wanted])


def _draw_told(bar: DayBar, number: int) -> str:
    return f'<path class="{bar.kind}" d="{_outline(bar.kind, number)}"><title>{escape(tell_bar(bar))}</title></path>'


@cache
def _outline(kind: DayKind, number: int) -> str:
    return f"M{number * PITCH} {_TOPS[kind]}h{BAR}V{HEIGHT}h-{BAR}z"
