"""What several commands take: quantities, written as in platform files, reasons and confirmations."""

from collections.abc import Callable
from typing import Annotated, TypeVar

import typer

from holdfast.model.units import parse_duration, parse_rate, parse_share

T = TypeVar("T")


def _read(parse: Callable[[str], T]) -> Callable[[str], T]:
    def read(text: str) -> T:
        try:
            return parse(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error

    return read


ReasonOption = Annotated[str, typer.Option("--reason", help="Why; everyone will see it.", show_default=False)]
ConfirmOption = Annotated[
    list[str] | None, typer.Option(help="A code of what was found, to go on in spite of it.", show_default=False)
]
DURATION = _read(parse_duration)
"""Reads a duration such as `1h`."""
RATE = _read(parse_rate)
"""Reads a rate such as `50/s`."""
SHARE = _read(parse_share)
"""Reads a share such as `20%`."""
