"""Matplotlib's SVG made fit to stand inside a page: an element by itself that can be read aloud."""

from typing import Final
from xml.etree import ElementTree as ET

SVG: Final = "http://www.w3.org/2000/svg"
XLINK: Final = "http://www.w3.org/1999/xlink"
_METADATA: Final = f"{{{SVG}}}metadata"


def finish_svg(text: str, title: str, words: str) -> str:
    """The SVG element without prologue and metadata; with a title, and with words for whoever can't see it."""
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    root = ET.fromstring(text)  # noqa: S314 - just written by ourselves
    for metadata in root.findall(_METADATA):
        root.remove(metadata)
    for name, content in (("desc", words), ("title", title)):
        element = ET.Element(f"{{{SVG}}}{name}", {"id": f"chart-{name}"})
        element.text = _clean(content)
        element.tail = "\n"
        root.insert(0, element)
    root.set("role", "img")
    root.set("aria-labelledby", "chart-title chart-desc")
    del root.attrib["width"], root.attrib["height"]
    return ET.tostring(root, encoding="unicode")


def _clean(text: str) -> str:
    """Without what XML has no place for."""
    return "".join(each if each.isprintable() else " " for each in text)
