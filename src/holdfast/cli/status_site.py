"""`holdfast status-site`: where the public status site is written, and how that goes; `build` writes one to look at."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from holdfast.cli.client import Client, JsonOption, with_client
from holdfast.cli.diagnostics import print_diagnostics
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import err, fail, print_json, print_line, tell_span, tell_time
from holdfast.model.status_document import PUBLISH_S
from holdfast.views.status_site import StatusSiteDocument

LATE_S: Final = 3 * PUBLISH_S
"""What wasn't written for so long is said to be late."""


class _StatusSiteGroup(TyperGroup):
    """`holdfast status-site` alone shows how it goes."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Say which command it is, where none is said."""
        if not args or (args[0].startswith("-") and args[0] not in {"-h", "--help"}):
            args = ["show", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=_StatusSiteGroup, help="Show where the public status site is written, and how that goes.")


@app.command()
@with_client
def show(client: Client, *, as_json: JsonOption = False) -> None:
    """Show where the site is written, when it last was, and what is wrong; ends with 9 if it can't be written."""
    document = client.get(StatusSiteDocument, "/v1/status-site")
    if as_json:
        print_json(document)
    else:
        print_status_site(document)
    if document.error is not None:
        raise typer.Exit(ExitCode.DISK_FULL)


@app.command()
def build(
    file: Annotated[Path, typer.Argument(help="The platform file or directory.")],
    *,
    to: Annotated[Path, typer.Option("--to", help="Where to write it.", show_default=False)],
) -> None:
    """Write the site that a platform file declares, with nothing measured and nothing published, to look at it."""
    from holdfast.cli.platform_file import read_platform_file  # noqa: PLC0415 - reading and drawing costs the others
    from holdfast.runtime.incidents.publishing.publisher import build_site  # noqa: PLC0415

    _, checked = read_platform_file(file, ports=False)
    if checked.platform is None:
        print_diagnostics(err(), checked, str(file))
        raise typer.Exit(ExitCode.INPUT_MISTAKEN)
    try:
        count = build_site(checked.platform, to)
    except OSError as error:
        fail(ExitCode.USAGE, f"{to} can't be written: {error}")
    if not count:
        fail(ExitCode.NOT_FOUND, f"{file} declares no status site: write a section `status`")
    print_line(("Written: ", "bold"), f"{count} files; open {to / 'current' / 'index.html'}")


def print_status_site(document: StatusSiteDocument) -> None:
    """How publishing goes, for people."""
    if document.directory is None:
        print_line("No status site is declared: write a section `status` into the platform file.")
        return
    print_line(("Status site ", "bold"), f"in {document.directory}; serve {document.serve}")
    if document.published_at is None:
        print_line("    not written yet")
    else:
        age_s = document.now - document.published_at
        late = ("  late", "bold red") if age_s > LATE_S else ""
        print_line(f"    written {tell_time(document.published_at)}, {tell_span(age_s)} ago", late)
        print_line(f"    {document.files:,} files, {document.changed:,} of them changed, in {document.took_s:.2f} s")
    if document.error is not None:
        print_line(("    can't be written: ", "bold red"), document.error)
