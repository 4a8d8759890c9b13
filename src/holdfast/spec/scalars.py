"""What an unquoted word of YAML stands for: text, unless it is plainly a number, true, false or nothing.

YAML 1.1 reads `no`, `010` and `22:22` as false, 8 and 1342, and YAML 1.2 doesn't. Here the few words that
readers disagree about are mistakes, and everything else is YAML 1.2's core schema in decimal.
"""

import re
from typing import Final

Scalar = str | int | float | bool | None

_WORDS: Final[dict[str, Scalar]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_BOOLEAN_TO_SOME: Final = {
    spelling: value
    for word, value in {"yes": True, "no": False, "on": True, "off": False}.items()
    for spelling in (word, word.capitalize(), word.upper())
}
_NUMBER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(\.[0-9]+)?")


def resolve_scalar(text: str) -> Scalar:
    """The value of an unquoted word."""
    if text in _WORDS:
        return _WORDS[text]
    if match := _NUMBER.fullmatch(text):
        return float(text) if match[1] else int(text)
    return text


def read_doubtful(text: str) -> bool | None:
    """The boolean that some readers of YAML see in a word that others read as text; None for other words."""
    return _BOOLEAN_TO_SOME.get(text)


def names_nothing(text: str) -> bool:
    """Whether an unquoted key isn't text to every reader of YAML."""
    return text in _WORDS or read_doubtful(text) is not None
