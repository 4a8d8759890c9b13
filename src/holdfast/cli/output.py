"""What commands print: tables for people, JSON for programs. Colours and progress on terminals only."""

import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, NoReturn

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from holdfast.cli.exit_codes import ExitCode

PIPE_WIDTH: Final = 200
"""Columns where there is no terminal to ask."""


def out() -> Console:
    """Where results go."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return Console(file=sys.stdout, highlight=False, soft_wrap=True, width=width)


def err() -> Console:
    """Where everything else goes."""
    return Console(file=sys.stderr, highlight=False, soft_wrap=True)


def fail(code: ExitCode, message: str) -> NoReturn:
    """Say what went wrong, and end with a code."""
    err().print(Text.assemble(("error: ", "bold red"), clean(message)))
    raise typer.Exit(code)


def print_json(document: BaseModel) -> None:
    """One document as JSON, and nothing else."""
    print(document.model_dump_json(indent=2))


def print_line(*parts: str | tuple[str, str]) -> None:
    """A line for people; a part may come with a style."""
    cleaned = [clean(part) if isinstance(part, str) else (clean(part[0]), part[1]) for part in parts]
    out().print(Text.assemble(*cleaned))


def print_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[str | Text]]) -> None:
    """A titled table; nothing at all if it has no rows."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for i, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=i == 0)
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(clean(cell)) for cell in row))
    if table.row_count:
        out().print(table)


def clean(text: str) -> str:
    """Text without what could steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def tell_span(seconds: float) -> str:
    """A span of time as people say it, in its two largest units: `2 m`, `1 h 5 m`."""
    whole = max(0, round(seconds))
    counts = {"d": whole // 86_400, "h": whole // 3_600 % 24, "m": whole // 60 % 60, "s": whole % 60}
    units = list(counts)
    largest = next((i for i, unit in enumerate(units) if counts[unit]), len(units) - 1)
    told = [f"{counts[unit]} {unit}" for unit in units[largest : largest + 2] if counts[unit]]
    return " ".join(told) or "0 s"


def tell_time(unix: float) -> str:
    """A point in time, UTC."""
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
