"""`holdfast page`: try the paging file, and whether people can be reached."""

import time
from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.client import Client, path_to, with_client
from holdfast.cli.diagnostics import print_each
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.oncall import PATH
from holdfast.cli.output import out, print_line
from holdfast.model.diagnostic import Severity
from holdfast.runtime.incidents.paging.file import read_paging_file
from holdfast.spec import SourceMap
from holdfast.views.paging import TestPageDocument

app = typer.Typer(no_args_is_help=True, help="Try the paging file, and whether people can be reached.")


@app.command("check")
def check(file: Annotated[Path, typer.Argument(help="The paging file.", show_default=False)]) -> None:
    """Show everything that is wrong with a paging file. What is written there isn't shown, since it is secret."""
    checked = read_paging_file(file, time.time())
    print_each(out(), checked.diagnostics, SourceMap(""))
    errors = sum(each.severity is Severity.ERROR for each in checked.diagnostics)
    if checked.paging is None:
        print_line((f"{file}: {errors} error{'' if errors == 1 else 's'}", "red"))
        raise typer.Exit(ExitCode.INPUT_MISTAKEN)
    people, teams = len(checked.paging.people), len(checked.paging.teams)
    print_line((f"{file} is sound: {_count(people, 'person', 'people')}, {_count(teams, 'team', 'teams')}", "green"))


@app.command("test")
@with_client
def test(client: Client, person: Annotated[str, typer.Argument(help="Whom to page.", show_default=False)]) -> None:
    """Send somebody a test page by every one of their channels."""
    sent = client.send(TestPageDocument, "POST", f"{path_to(PATH, person)}/test")
    print_line(f"On its way to {sent.person} by {', '.join(sent.channels)}. What becomes of it: holdfast oncall")


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
