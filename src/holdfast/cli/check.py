"""`holdfast check`, `init` and `schema`: platform files before anything runs."""

import json
import sys
from pathlib import Path
from typing import Annotated, Never

import typer
from rich.console import Console

from holdfast.adapters.facts import find_ports_in_use, find_unresolved
from holdfast.cli.diagnostics import print_diagnostics
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.platform_directory import read_directory
from holdfast.model.platform import Platform
from holdfast.spec import (
    STARTER,
    Checked,
    Facts,
    add_facts,
    check_bytes,
    check_files,
    render_schema,
    wanted_names,
    wanted_ports,
)

File = Annotated[Path, typer.Argument(help="The platform file or directory; - is standard input.", show_default=True)]


def check(
    file: File = Path("platform.yaml"),
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the diagnostics as JSON.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Don't look up the names of endpoints.")] = False,
    ports: Annotated[bool, typer.Option("--ports", help="Also try the ports that edges are to listen on.")] = False,
) -> None:
    """Show everything that is wrong with a platform file. Exit code 0: sound, 1: errors, 2: can't be read."""
    checked = check_path(file)
    if checked.platform:
        checked = add_facts(checked, gather_facts(checked.platform, names=not offline, ports=ports))
    if as_json:
        sys.stdout.write(_render_json(checked))
    else:
        print_diagnostics(Console(highlight=False), checked, str(file))
    raise typer.Exit(ExitCode.OK if checked.platform else ExitCode.INPUT_MISTAKEN)


def init(
    file: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("platform.yaml"),
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it is there.")] = False,
) -> None:
    """Write a commented platform file to start from."""
    try:
        with file.open("w" if force else "x", encoding="utf-8") as starter:
            starter.write(STARTER)
    except FileExistsError:
        fail(f"{file} is there already; --force overwrites it")
    except OSError as failure:
        fail(f"{file} can't be written: {failure.strerror}")
    Console(highlight=False, soft_wrap=True).print(f"Wrote {file}. Next: holdfast check {file}", markup=False)


def schema(
    *,
    tenant: Annotated[bool, typer.Option("--tenant", help="That of a tenant's file in a directory instead.")] = False,
) -> None:
    """Print the JSON Schema of platform files, for editors."""
    sys.stdout.write(render_schema(of_tenant=tenant))


def check_path(path: Path) -> Checked:
    """Check a platform by what it says, be it a file, a directory, or standard input for `-`."""
    try:
        if path.is_dir():
            return check_files(read_directory(path), str(path))
    except OSError as failure:
        fail(f"{failure.filename or path} can't be read: {failure.strerror}")
    return check_bytes(read_file(path), str(path))


def gather_facts(platform: Platform, *, names: bool = True, ports: bool = True) -> Facts:
    """Look into the world for what a check of this platform could use; a spinner shows on slow terminals."""
    console = Console(stderr=True)
    with console.status("Looking up the names of endpoints"):
        unresolved = find_unresolved(wanted_names(platform)) if names else frozenset()
    return Facts(
        unresolved=unresolved,
        ports_in_use=find_ports_in_use(wanted_ports(platform)) if ports else frozenset(),
    )


def read_file(file: Path) -> bytes:
    """The bytes of a file, or of standard input for `-`; ends the program with exit code 2 if that can't be."""
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as failure:
        fail(f"{file} can't be read: {failure.strerror}")


def fail(message: str) -> Never:
    """Say on standard error why nothing was done, and end with exit code 2."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(message, markup=False, style="red")
    raise typer.Exit(ExitCode.USAGE)


def _render_json(checked: Checked) -> str:
    diagnostics = [each.model_dump(mode="json") for each in checked.diagnostics]
    return json.dumps({"sound": checked.platform is not None, "diagnostics": diagnostics}, indent=2) + "\n"
