"""`holdfast postmortem`: what an incident did, what was done about it, and how long everything took."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from holdfast.cli.client import Client, path_to, with_client
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import clean, fail, print_line
from holdfast.model.postmortem import Postmortem, PostmortemFormat

ENDINGS: Final = {".md": PostmortemFormat.MARKDOWN, ".html": PostmortemFormat.HTML, ".json": PostmortemFormat.JSON}
"""What a file's name says of its format."""


@with_client
def postmortem(
    client: Client,
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="Its id, such as i-4.", show_default=False)],
    *,
    form: Annotated[
        PostmortemFormat | None,
        typer.Option("--format", help="Markdown, HTML or JSON; else as the file's name says.", show_default=False),
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Write it into this file.", show_default=False)] = None,
    chart: Annotated[
        Path | None,
        typer.Option(help="Write the chart into this SVG file, in place of into the Markdown.", show_default=False),
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="What may be published: no people, addresses, services or tenants.")
    ] = False,
) -> None:
    """Tell what an incident did, when what was known and done, and which change may be why."""
    document = client.get(Postmortem, f"{path_to('/v1/incidents', incident)}/postmortem", public=public or None)
    wanted = form or ENDINGS.get(to.suffix.lower() if to else "", PostmortemFormat.MARKDOWN)
    if chart is not None and wanted is not PostmortemFormat.MARKDOWN:
        fail(ExitCode.USAGE, "--chart is for Markdown: HTML has the chart inside, JSON its numbers")
    text = _render(document, wanted, to, chart)
    if to is None:
        sys.stdout.write(clean(text) if sys.stdout.isatty() else text)
        return
    _write(to, text)
    print_line((str(to), "bold"), f": postmortem of {document.incident}")


def _render(document: Postmortem, wanted: PostmortemFormat, to: Path | None, chart: Path | None) -> str:
    from holdfast.adapters.postmortem import rendering  # noqa: PLC0415 - no other command needs templates
    from holdfast.adapters.postmortem.drawing import draw_chart  # noqa: PLC0415

    if wanted is PostmortemFormat.MARKDOWN and to is None and chart is None and sys.stdout.isatty():
        return rendering.render_markdown(document, None)
    if wanted is not PostmortemFormat.MARKDOWN or chart is None:
        return rendering.render_postmortem(document, wanted)
    _write(chart, draw_chart(document.chart))
    beside = to.resolve().parent if to else Path.cwd()
    is_near = chart.resolve().is_relative_to(beside)
    return rendering.render_markdown(document, str(chart.resolve().relative_to(beside) if is_near else chart.resolve()))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        fail(ExitCode.USAGE, f"{path} can't be written: {error.strerror}")
