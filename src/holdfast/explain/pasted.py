"""An answer that a client was given, out of what somebody pasted: `curl -i`, `curl -v`, headers or the body alone."""

import json
import re
from collections.abc import Iterator, Mapping
from email.utils import mktime_tz, parsedate_tz
from typing import Any, Final

from pydantic import ValidationError

from holdfast.model.logged_request import LoggedRequest
from holdfast.model.noun import Noun

PASTED_CHARACTERS_MAX: Final = 65_536
VALUE_CHARACTERS_MAX: Final = 512
OBJECTS_MAX: Final = 32
"""Places in a text that may be looked at for the beginning of a body."""
_STATUS: Final = re.compile(r"HTTP/[0-9.]{1,3} +(?P<status>[1-5][0-9]{2})\b")
_HEADER: Final = re.compile(r"(?P<name>[A-Za-z0-9-]{1,64}): ?(?P<value>.*)")
_JSON: Final = json.JSONDecoder()
_OURS: Final = ("cause", "rule", "service", "request_id")
"""Keys of an edge's refusal; one of the last two and the first make an answer worth explaining."""


class PastedAnswer(Noun):
    """What an answer says of itself. `at` is Unix time in seconds, by the answer's own `date`; None without one.

    `mitigation` is its kind and id, such as `limit.m-17`. `bucket_size` is what `x-ratelimit-limit` said.
    """

    status: int = 0
    cause: str = ""
    rule: str = ""
    service: str = ""
    request_id: str = ""
    mitigation: str = ""
    at: float | None = None
    bucket_size: int | None = None

    def as_logged(self, at: float) -> LoggedRequest:
        """The same in the form of a log's line; `at` stands where it doesn't say when it was."""
        return LoggedRequest(
            at=at if self.at is None else self.at,
            edge="",
            request_id=self.request_id,
            service=self.service,
            status=self.status,
            cause=self.cause,
            rule=self.rule or self.mitigation,
        )


def read_pasted(text: str) -> PastedAnswer | None:
    """The last answer in a text; None if there is nothing in it that an edge would have said."""
    text = text[:PASTED_CHARACTERS_MAX]
    lines = [_strip_mark(line) for line in text.splitlines()]
    status, headers = _read_head(lines)
    body = _read_body(text)
    values: dict[str, Any] = {
        "status": status or body.get("status"),
        "cause": body.get("cause") or headers.get("x-holdfast-cause"),
        "rule": body.get("rule"),
        "service": body.get("service"),
        "request_id": body.get("request_id") or headers.get("x-request-id"),
        "mitigation": body.get("mitigation") or headers.get("x-holdfast-mitigation"),
        "at": _read_date(headers.get("date", "")),
        "bucket_size": _read_number(headers.get("x-ratelimit-limit", "")),
    }
    return _make({name: value for name, value in values.items() if value not in (None, "")})


def _make(values: Mapping[str, Any]) -> PastedAnswer | None:
    short = {name: value[:VALUE_CHARACTERS_MAX] if isinstance(value, str) else value for name, value in values.items()}
    try:
        answer = PastedAnswer.model_validate(short)
    except ValidationError:
        return None
    return answer if answer.cause or answer.request_id else None


def _strip_mark(line: str) -> str:
    """A line without what `curl -v` puts before an answer's headers."""
    return line.removeprefix("< ")


def _read_head(lines: list[str]) -> tuple[int | None, Mapping[str, str]]:
    """Status and headers of the last answer; of all lines that look like headers if no status line is there."""
    begins = [(i, found) for i, line in enumerate(lines) if (found := _STATUS.match(line))]
    status = int(begins[-1][1]["status"]) if begins else None
    return status, dict(_read_headers(lines[begins[-1][0] + 1 if begins else 0 :]))


def _read_headers(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if found := _HEADER.match(line.strip()):
            yield found["name"].lower(), found["value"].strip()


def _read_body(text: str) -> Mapping[str, Any]:
    """The last JSON object in a text that says anything that an edge would say."""
    found: Mapping[str, Any] = {}
    at = text.find("{")
    for _ in range(OBJECTS_MAX):
        if at < 0:
            break
        try:
            value, end = _JSON.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            found = value if any(key in value for key in _OURS) else found
        at = text.find("{", end)
    return found


def _read_date(text: str) -> float | None:
    read = parsedate_tz(text[:64]) if text else None
    try:
        return float(mktime_tz(read)) if read else None
    except (ValueError, OverflowError):
        return None


def _read_number(text: str) -> int | None:
    digits = re.match(r"[0-9]{1,10}", text)
    return int(digits[0]) if digits else None
