"""A small picture of how things are, to be shown elsewhere."""

from typing import Final
from unicodedata import east_asian_width

from markupsafe import Markup

from holdfast.adapters.status_site.wording import STATUSES
from holdfast.model.incident import Impact
from holdfast.model.status_document import PublicStatus, StatusDocument

LEFT_CHARACTERS_MAX: Final = 60
"""Longer titles are cut."""
_CHARACTER, _WIDE_CHARACTER = 6.6, 12.0
"""Mean widths of characters at the badge's size, in pixels; the texts are set to them (`textLength`)."""
_PAD: Final = 9
_COLOURS: Final = {
    Impact.NONE: "#2b7a57",
    Impact.MINOR: "#8a5a00",
    Impact.MAJOR: "#a8470b",
    Impact.CRITICAL: "#b0252a",
}
_STATUS_COLOURS: Final = {
    PublicStatus.OPERATIONAL: "#2b7a57",
    PublicStatus.UNDER_MAINTENANCE: "#2f5fa8",
    PublicStatus.DEGRADED_PERFORMANCE: "#8a5a00",
    PublicStatus.PARTIAL_OUTAGE: "#a8470b",
    PublicStatus.MAJOR_OUTAGE: "#b0252a",
}
_SVG: Final = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="22" role="img" aria-label="{left}: {right}">'
    "<title>{left}: {right}</title>"
    '<clipPath id="r"><rect width="{width}" height="22" rx="4"/></clipPath>'
    '<g clip-path="url(#r)"><rect width="{split}" height="22" fill="#39423f"/>'
    '<rect x="{split}" width="{rest}" height="22" fill="{colour}"/></g>'
    '<g fill="#fff" font-family="system-ui,Verdana,sans-serif" font-size="12" text-rendering="geometricPrecision">'
    '<text x="{pad}" y="15" textLength="{left_width}">{left}</text>'
    '<text x="{right_x}" y="15" textLength="{right_width}">{right}</text></g></svg>\n'
)


def draw_badge(document: StatusDocument) -> bytes:
    """The platform's."""
    return _draw(document.words.title, document.headline, _COLOURS[document.indicator])


def draw_component_badge(title: str, status: PublicStatus) -> bytes:
    """A component's."""
    return _draw(title, STATUSES[status], _STATUS_COLOURS[status])


def _draw(left: str, right: str, colour: str) -> bytes:
    left = left if len(left) <= LEFT_CHARACTERS_MAX else f"{left[: LEFT_CHARACTERS_MAX - 1]}…"
    left_width, right_width = _measure(left), _measure(right)
    split, rest = left_width + 2 * _PAD, right_width + 2 * _PAD
    drawn = _SVG.format(
        width=split + rest,
        split=split,
        rest=rest,
        pad=_PAD,
        left_width=left_width,
        right_width=right_width,
        right_x=split + _PAD,
        colour=colour,
        left=left,
        right=right,
    )
    return drawn.encode()


def _measure(text: str) -> int:
    """Its width, in pixels; letters of East Asian scripts are wide (Unicode, UAX 11)."""
    wide = sum(east_asian_width(character) in "WF" for character in text)
    return round(wide * _WIDE_CHARACTER + (len(text) - wide) * _CHARACTER)
