"""`holdfast doctor`: whether a machine is fit to run this, and what to do where it isn't."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.text import Text

from holdfast.cli.client import JsonOption, StateOption
from holdfast.cli.diagnostics import print_diagnostics
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import err, print_json, print_line, print_table
from holdfast.cli.platform_file import read_platform_file
from holdfast.drills.instruments.build import COMPILERS
from holdfast.model.checkup import Fitness
from holdfast.model.platform import Platform
from holdfast.runtime.checkup import look_over
from holdfast.runtime.state_dir import default_state
from holdfast.views.checkup import CheckupDocument, show_checkup

_STYLES: Final = {Fitness.FIT: "green", Fitness.DOUBTFUL: "yellow", Fitness.UNFIT: "bold red"}


def doctor(
    file: Annotated[
        Path | None,
        typer.Argument(help="What the machine is to run: a platform file or directory.", show_default=False),
    ] = None,
    *,
    state: StateOption = default_state(),  # noqa: B008 - it is the default of the option
    as_json: JsonOption = False,
) -> None:
    """Look this machine over, and say what to do where it isn't fit; ends with 18 if something can't work."""
    platform = _read(file) if file is not None else None
    with err().status("Looking the machine over"):
        document = show_checkup(look_over(state, platform, COMPILERS))
    if as_json:
        print_json(document)
    else:
        print_checkup(document)
    if document.unfit:
        raise typer.Exit(ExitCode.UNFIT)


def print_checkup(document: CheckupDocument) -> None:
    """What was seen, for people: a line for each check, and then what is to be done."""
    rows = ((check.name, Text(check.fitness, style=_STYLES[check.fitness]), check.told) for check in document.checks)
    print_table("This machine", ("what", "state", "seen"), rows)
    remedies = [check for check in document.checks if check.remedy]
    if not remedies:
        print_line(("Nothing is to be done.", "green"))
        return
    print_line(("To be done", "bold"))
    for check in remedies:
        print_line("  ", (check.name, _STYLES[check.fitness]), f": {check.remedy}")


def _read(file: Path) -> Platform:
    _, checked = read_platform_file(file, ports=False)
    if checked.platform is None:
        print_diagnostics(err(), checked, str(file))
        raise typer.Exit(ExitCode.INPUT_MISTAKEN)
    return checked.platform
