"""A line of an access log into a `LoggedRequest`: JSON, or the combined format with more behind it."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from holdfast.model.logged_request import LoggedRequest
from holdfast.model.redaction import redact_url

TEXT_CHARACTERS_MAX: Final = 1_024
"""Of any one value."""
_MISSING: Final = (None, "-", "")
_FIELDS: Final = frozenset(LoggedRequest.model_fields)
_COMBINED: Final = re.compile(
    r'(?P<client>\S+) \S+ \S+ \[(?P<at>[^\]]{1,40})\] "(?P<method>[A-Za-z_-]+) (?P<path>\S+) (?P<protocol>\S+)"'
    r' (?P<status>\d{1,3}) (?P<answer_bytes>\d+|-) "(?P<referer>[^"]*)" "(?P<user_agent>[^"]*)"(?P<rest>.*)'
)
"""Apache's combined log format; what follows it may hold `key=value`, values with spaces in quotes.

Nothing escapes quotes in it. So what a client's own header says there never counts: what the edge wrote comes later,
and the last of a key is taken.
"""
_PAIR: Final = re.compile(r'\b(?P<key>[a-z_]{1,32})=(?:"(?P<quoted>[^"]*)"|(?P<plain>\S+))')


def read_line(line: bytes, edge: str) -> LoggedRequest | None:
    """What a line says, without what looks like a secret; None if it is torn, or not a request's.

    Durations may be given in milliseconds too, under a name that ends in `_ms`. `edge` is used where the line names
    none. Keys that are not known are passed over.
    """
    text = line.decode("utf-8", "replace").strip()
    values = _read_json(text) if text.startswith("{") else _read_combined(text)
    if values is None:
        return None
    told = {key: value for key, value in _in_seconds(values).items() if key in _FIELDS and value not in _MISSING}
    try:
        return _redact(LoggedRequest.model_validate({"edge": edge, **told}))
    except ValidationError:
        return None


def _read_json(text: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _read_combined(text: str) -> Mapping[str, Any] | None:
    found = _COMBINED.match(text)
    if found is None:
        return None
    values: dict[str, Any] = found.groupdict()
    rest = values.pop("rest")
    try:
        values["at"] = datetime.strptime(values["at"], "%d/%b/%Y:%H:%M:%S %z").timestamp()
    except ValueError:
        return None
    pairs = {p["key"]: p["plain"] if p["quoted"] is None else p["quoted"] for p in _PAIR.finditer(rest)}
    pairs.pop("edge", None)
    return {**pairs, **values}


def _in_seconds(values: Mapping[str, Any]) -> dict[str, Any]:
    told = dict(values)
    for name in [key for key in values if key.endswith("_ms")]:
        try:
            told.setdefault(f"{name.removesuffix('_ms')}_s", float(told[name]) / 1000)
        except (TypeError, ValueError):
            continue
    return told


def _redact(request: LoggedRequest) -> LoggedRequest:
    shortened = {
        name: value[:TEXT_CHARACTERS_MAX]
        for name, value in request
        if isinstance(value, str) and len(value) > TEXT_CHARACTERS_MAX
    }
    redacted = {name: redact_url(getattr(request, name))[:TEXT_CHARACTERS_MAX] for name in ("path", "referer")}
    return request.model_copy(update={**shortened, **redacted})
