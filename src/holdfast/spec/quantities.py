"""How each quantity is recognised in the model, formatted, and guessed from a near miss such as `5 sec`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from holdfast.model.units import (
    DURATION_PATTERN,
    RATE_PATTERN,
    SHARE_PATTERN,
    SIZE_PATTERN,
    format_duration,
    format_rate,
    format_size,
)


def format_share(fraction: float) -> str:
    """The text that `parse_share` reads back."""
    return f"{fraction * 100:.10g}%"


@dataclass(frozen=True)
class Quantity:
    """A kind of quantity: how it is written, and which unit each of its common misspellings means."""

    noun: str
    units: str
    example: str
    pattern: str
    format: Callable[[Any], str]
    spellings: Mapping[str, str]

    def guess(self, value: object) -> str | None:
        """What a mistaken value was probably meant to be; None if that can't be told."""
        match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(\S*?)\s*", str(value).replace("_", ""))
        if not match or isinstance(value, bool):
            return None
        unit = self.spellings.get(match[2], self.spellings.get(match[2].lower()))
        text = f"{match[1]}{unit}"
        return text if unit and re.match(self.pattern, text) else None


def _spell(units: Mapping[str, str]) -> dict[str, str]:
    return {spelling: unit for unit, spellings in units.items() for spelling in spellings.split()}


DURATION: Final = Quantity(
    "a duration",
    "ms, s, m, h or d",
    "15s",
    DURATION_PATTERN,
    format_duration,
    _spell(
        {
            "ms": "ms msec msecs millis millisecond milliseconds",
            "s": "s sec secs second seconds",
            "m": "m min mins minute minutes",
            "h": "h hr hrs hour hours",
            "d": "d day days",
        }
    ),
)
SIZE: Final = Quantity(
    "a size",
    "B, KiB, MiB, GiB, kB, MB or GB",
    "1MiB",
    SIZE_PATTERN,
    format_size,
    _spell(
        {
            "B": "B byte bytes",
            "KiB": "K k KiB kib Ki ki",
            "MiB": "M m MiB mib Mi mi",
            "GiB": "G g GiB gib Gi gi",
            "kB": "kB kb KB",
            "MB": "MB mb",
            "GB": "GB gb",
        }
    ),
)
RATE: Final = Quantity(
    "a rate",
    "/s, /min or /h",
    "100/s",
    RATE_PATTERN,
    format_rate,
    _spell(
        {
            "/s": "rps r/s req/s /s /sec /second ps",
            "/min": "rpm r/m req/min /m /min /minute",
            "/h": "rph r/h /h /hr /hour",
        }
    ),
)
SHARE: Final = Quantity("a share", "0% to 100%", "20%", SHARE_PATTERN, format_share, {"percent": "%", "pct": "%"})

BY_PATTERN: Final = {quantity.pattern: quantity for quantity in (DURATION, SIZE, RATE, SHARE)}
