"""`holdfast up`: control, agents and edges from one command."""

from pathlib import Path
from typing import Annotated

import typer

from holdfast.adapters.git import find_commit
from holdfast.cli.client import StateOption
from holdfast.cli.diagnostics import print_diagnostics
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import err, fail
from holdfast.cli.platform_directory import READ
from holdfast.cli.platform_file import read_platform_file
from holdfast.runtime.memory import collect_later
from holdfast.runtime.state_dir import StateDir, default_state

FileArgument = Annotated[
    Path | None,
    typer.Argument(help="The platform file or directory; what was in force last if left out.", show_default=False),
]


def up(
    file: FileArgument = None,
    *,
    state: StateOption = default_state(),  # noqa: B008 - it is the default of the option
    api: Annotated[str, typer.Option(help="Where the API listens; port 0 for any that is free.")] = "127.0.0.1:9900",
    keep_edges: Annotated[bool, typer.Option("--keep-edges", help="Leave the edges serving when this stops.")] = False,
    watch: Annotated[bool, typer.Option(help="Look at what the edges report, find what is unusual, and act.")] = True,
    paging: Annotated[
        Path | None,
        typer.Option(
            help="Who is paged for incidents: the paging file, readable by its owner only.", show_default=False
        ),
    ] = None,
    status_site: Annotated[
        Path | None,
        typer.Option(help="Where the public status site is written; by default in the state.", show_default=False),
    ] = None,
) -> None:
    """Start control, agents and edges, and run until stopped."""
    host, port = _split_address(api)
    text, commit = (_read(file, StateDir(state)), find_commit(file, READ)) if file is not None else (None, "")
    with collect_later():
        from holdfast.cli.serving import Order, serve  # noqa: PLC0415 - so that no other command pays for it

    order = Order(
        state=state,
        host=host,
        port=port,
        text=text,
        file=str(file or ""),
        keep_edges=keep_edges,
        watching=watch,
        commit=commit,
        status_site=status_site,
        paging=paging,
    )
    serve(order)


def _read(file: Path, places: StateDir) -> str:
    """The text of a sound file. Ports are only tried while there can be no edges of ours on them."""
    text, checked = read_platform_file(file, ports=not places.journal.exists())
    if checked.platform is None:
        print_diagnostics(err(), checked, str(file))
        raise typer.Exit(ExitCode.INPUT_MISTAKEN)
    return text


def _split_address(api: str) -> tuple[str, int]:
    host, _, port = api.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535 or not host:
        fail(ExitCode.USAGE, f"--api takes an address and a port, such as 127.0.0.1:9900, and not {api!r}")
    return host.strip("[]"), int(port)
