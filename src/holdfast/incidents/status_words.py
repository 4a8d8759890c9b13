"""Texts that people wrote, made fit to be shown anywhere: in a page, a feed, a calendar, a picture."""

from typing import Final

_JOINERS: Final = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
"""Letters of several scripts, and emoji, need them. Nothing else that can't be seen is let through."""


def clean_line(text: str) -> str:
    """One line of visible characters. What turns writing around, or can't be written in XML, is left out."""
    kept = (c if c.isprintable() or c in _JOINERS else " " if c.isspace() else "" for c in text)
    return " ".join("".join(kept).split())


def clean_text(text: str) -> str:
    """Lines of visible characters, with no more than one empty line between two."""
    lines: list[str] = []
    for line in map(clean_line, text.replace("\r\n", "\n").split("\n")):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip()
