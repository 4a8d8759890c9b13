"""Ninety days as a drawing: one path for each kind of day, so that a thousand components stay a small page."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from markupsafe import Markup, escape

from holdfast.adapters.status_site.wording import tell_bar, tell_history
from holdfast.model.status_document import DayKind, History

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


def draw_bars(history: History) -> Markup:
    """The days of a component, with a title on each that isn't plainly up."""
    if not history.bars:
        return Markup('<p class="no-bars">Not measured yet</p>')
    plain = "".join(_draw_plain(history))
    told = "".join(_draw_told(history))
    width = len(history.bars) * PITCH - (PITCH - BAR)
    return Markup(  # noqa: S704 - numbers and escaped texts
        f'<svg class="bars" role="img" viewBox="0 0 {width} {HEIGHT}" preserveAspectRatio="none" '
        f'aria-label="{escape(tell_history(history))}">{plain}{told}</svg>'
    )


def _draw_plain(history: History) -> Iterator[str]:
    """Days without anything to say, those of one kind in one path."""
    numbered = [(bar.kind, number) for number, bar in enumerate(history.bars) if _is_plain(bar.kind)]
    for kind, group in groupby(sorted(numbered, key=lambda each: each[0]), key=lambda each: each[0]):
        path = "".join(_outline(kind, number) for _, number in group)
        yield f'<path class="{kind}" d="{path}"/>'


def _draw_told(history: History) -> Iterator[str]:
    for number, bar in enumerate(history.bars):
        if not _is_plain(bar.kind):
            title = escape(tell_bar(bar))
            yield f'<path class="{bar.kind}" d="{_outline(bar.kind, number)}"><title>{title}</title></path>'


def _is_plain(kind: DayKind) -> bool:
    return kind in (DayKind.UP, DayKind.UNKNOWN)


def _outline(kind: DayKind, number: int) -> str:
    return f"M{number * PITCH} {_TOPS[kind]}h{BAR}V{HEIGHT}h-{BAR}z"
