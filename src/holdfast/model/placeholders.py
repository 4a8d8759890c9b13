"""What stands for the parts of a request that are nobody's business, so that routes match it as they did.

A placeholder has the length and the kinds of characters of what it stands for, and is the same for all of that shape.
"""

import re
from collections.abc import Callable
from itertools import cycle, islice
from typing import Final

from holdfast.model.redaction import MASK, mask_path

TARGET_CHARACTERS_MAX: Final = 512
QUERY_CHARACTERS_MAX: Final = 4_096
"""What is looked at of a query."""
KEYS_MAX: Final = 16
"""Keys of a query that are kept; those behind them are left out."""
KEY_CHARACTERS_MAX: Final = 64
_VALUE: Final = "x"
_PLAIN_KEY: Final = re.compile(r"[A-Za-z_.-]{0,20}")
"""Too short to be a secret that anybody would know."""
_PARTS: Final = re.compile(r"(?P<escape>%[0-9A-Fa-f]{2})|(?P<run>[A-Za-z0-9_~+=-]+)")
_ADDRESS: Final = re.compile(r"[^@%]+(?P<at>@|%40)[^@%]+")
_IDS: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"(?P<uuid>[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})"
    r"|(?P<hex>(?=[a-fA-F]*[0-9])[0-9a-fA-F]{16,})"
    r")(?![0-9A-Za-z])"
    r"|(?P<digits>[0-9]{6,})"
)
_LETTERS: Final = (("a", re.compile("[a-f]")), ("A", re.compile("[A-F]")))
_LATE_LETTERS: Final = (("z", re.compile("[g-z]")), ("Z", re.compile("[G-Z]")))


def disguise_target(target: str) -> str:
    """A path and query with placeholders for secrets, as `mask_path` knows them; of the query, keys alone stay.

    Path and keys have at most `TARGET_CHARACTERS_MAX` characters each, cut behind a whole part.
    """
    path, mark, query = target.partition("?")
    path = _cut(path, "/", TARGET_CHARACTERS_MAX)
    masked = mask_path(path)
    shown = path if masked == path else "/".join(map(_disguise_segment, path.split("/"), masked.split("/")))
    keys = _strip_values(_cut(query, "&", QUERY_CHARACTERS_MAX))
    return f"{shown}?{_cut(keys, '&', TARGET_CHARACTERS_MAX)}" if mark else shown


def disguise_ids(target: str, is_stated: Callable[[str], bool]) -> str:
    """The same with placeholders for what seems to be somebody's number: UUIDs, long hexadecimal, six digits or more.

    Segments that `is_stated` knows from routes stay as they are: they are no client's.
    """
    path, mark, query = target.partition("?")
    if _IDS.search(path) is None:
        return target
    segments = (s if _IDS.search(s) is None or is_stated(s) else _IDS.sub(_disguise_id, s) for s in path.split("/"))
    return "/".join(segments) + mark + query


def _disguise_segment(segment: str, masked: str) -> str:
    if segment == masked:
        return segment
    if masked == MASK and (address := _ADDRESS.fullmatch(segment)):
        return f"someone{address['at']}mail.example"
    return _PARTS.sub(lambda part: part["escape"] or _disguise_run(part["run"]), segment)


def _disguise_run(run: str) -> str:
    """Digits, then letters up to f, then others: each kind that is there, in turn, as long as the run."""
    kinds = ["1"] if re.search("[0-9]", run) else []
    late = [letter for letter, kind in _LATE_LETTERS if kind.search(run)]
    kinds += late or [letter for letter, kind in _LETTERS if kind.search(run)]
    return "".join(islice(cycle(kinds or run), len(run)))


def _disguise_id(found: re.Match[str]) -> str:
    if uuid := found["uuid"]:
        letters = "11111111-1111-{}111-{}111-111111111111"
        return letters.format(uuid[14], uuid[19])
    return _disguise_run(found[0])


def _strip_values(query: str) -> str:
    pairs = (pair.partition("=") for pair in query.split("&")[:KEYS_MAX])
    return "&".join(_disguise_key(key) + mark + (_VALUE if value else "") for key, mark, value in pairs)


def _disguise_key(key: str) -> str:
    if _PLAIN_KEY.fullmatch(key):
        return key
    short = key[:KEY_CHARACTERS_MAX]
    return _disguise_segment(short, mask_path(short)) if "/" not in short else _VALUE


def _cut(text: str, mark: str, characters_max: int) -> str:
    return text if len(text) <= characters_max else text[: max(0, text.rfind(mark, 0, characters_max + 1))]
