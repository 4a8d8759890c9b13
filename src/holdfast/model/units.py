"""Quantities as operators write them (`250ms`, `1MiB`, `100/s`), held as plain numbers in base units."""

import re
from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema

_DURATION_S: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZE_BYTES: Final = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "kB": 1000, "MB": 1000**2, "GB": 1000**3}
_UNIT_S: Final = {"s": 1, "min": 60, "h": 3600}

DURATION_PATTERN: Final = r"^(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d))+$"
SIZE_PATTERN: Final = r"^[0-9]+(?:\.[0-9]+)?(?:B|KiB|MiB|GiB|kB|MB|GB)$"
RATE_PATTERN: Final = r"^[0-9]+(?:\.[0-9]+)?/(?:s|min|h)$"
SHARE_PATTERN: Final = r"^[0-9]+(?:\.[0-9]+)?%$"


def parse_duration(text: str) -> float:
    """Seconds meant by a text like `250ms`, `15s` or `1h30m`; ValueError says what to write instead."""
    if not re.match(DURATION_PATTERN, text):
        raise ValueError(f"write a duration with its unit, such as 250ms, 15s, 5m, 1h or 1d, instead of {text!r}")
    return sum(float(n) * _DURATION_S[unit] for n, unit in re.findall(r"([0-9.]+)(ms|s|m|h|d)", text))


def parse_size(text: str) -> int:
    """Bytes meant by a text like `64KiB`; ValueError says what to write instead."""
    match = re.match(r"^([0-9.]+)(B|KiB|MiB|GiB|kB|MB|GB)$", text)
    if not match or not re.match(SIZE_PATTERN, text):
        raise ValueError(f"write a size with its unit, such as 512B, 64KiB or 1MiB, instead of {text!r}")
    return int(float(match[1]) * _SIZE_BYTES[match[2]])


def parse_rate(text: str) -> float:
    """Events per second meant by a text like `100/s` or `30/min`; ValueError says what to write instead."""
    match = re.match(r"^([0-9.]+)/(s|min|h)$", text)
    if not match or not re.match(RATE_PATTERN, text):
        raise ValueError(f"write a rate with its unit, such as 100/s or 30/min, instead of {text!r}")
    return float(match[1]) / _UNIT_S[match[2]]


def parse_share(text: str) -> float:
    """Fraction from 0 to 1 meant by a text like `20%`; ValueError says what to write instead."""
    if not re.match(SHARE_PATTERN, text) or float(text[:-1]) > 100:
        raise ValueError(f"write a share from 0% to 100%, such as 20%, instead of {text!r}")
    return float(text[:-1]) / 100


def format_duration(seconds: float) -> str:
    """The shortest text that `parse_duration` reads back, exact to the millisecond."""
    rest_ms = round(seconds * 1000)
    parts = []
    for unit, size_ms in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, rest_ms = divmod(rest_ms, size_ms)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def format_rate(per_s: float) -> str:
    """The rate per second, or per minute or hour where that is a whole number."""
    for unit, scale in (("s", 1), ("min", 60), ("h", 3600)):
        if abs(per_s * scale - round(per_s * scale)) < 1e-9:
            return f"{round(per_s * scale)}/{unit}"
    return f"{per_s:g}/s"


def format_size(size_bytes: int) -> str:
    """The largest binary unit that divides the size."""
    for unit in ("GiB", "MiB", "KiB"):
        if size_bytes and size_bytes % _SIZE_BYTES[unit] == 0:
            return f"{size_bytes // _SIZE_BYTES[unit]}{unit}"
    return f"{size_bytes}B"


WRITTEN: Final = {"written": True}
"""Validation context for what a person wrote: there, a number without its unit is a mistake."""


def _read(parse: Callable[[str], float], example: str) -> BeforeValidator:
    def validate(value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str):
            return parse(value)
        if info.context == WRITTEN:
            raise ValueError(f"{value!r} has no unit: write for example {example}")
        return value

    return BeforeValidator(validate)


def _quantity(
    parse: Callable[[str], float], example: str, pattern: str, description: str
) -> tuple[BeforeValidator, WithJsonSchema]:
    schema = {"type": "string", "pattern": pattern, "description": description, "examples": [example]}
    return _read(parse, example), WithJsonSchema(schema, mode="validation")


_DURATION = _quantity(parse_duration, "15s", DURATION_PATTERN, "A duration with its unit: ms, s, m, h or d.")
_SIZE = _quantity(parse_size, "1MiB", SIZE_PATTERN, "A size with its unit: B, KiB, MiB, GiB, kB, MB or GB.")
_RATE = _quantity(parse_rate, "100/s", RATE_PATTERN, "A rate with its unit: /s, /min or /h.")
_SHARE = _quantity(parse_share, "20%", SHARE_PATTERN, "A share from 0% to 100%.")

Seconds = Annotated[float, *_DURATION]
"""A duration; written `15s`, held in seconds."""
Bytes = Annotated[int, *_SIZE]
"""A size; written `1MiB`, held in bytes."""
PerSecond = Annotated[float, *_RATE]
"""A rate; written `100/s`, held in events per second."""
Share = Annotated[float, *_SHARE]
"""A share; written `20%`, held as a fraction from 0 to 1."""
Count = Annotated[int, Field(ge=0, strict=True)]
"""A whole number, zero or more."""
