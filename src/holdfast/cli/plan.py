"""`holdfast plan`: what a change would do, before any edge sees it."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from holdfast import compile as compiler
from holdfast.adapters.envoy.binary import NoEnvoy, find_envoy
from holdfast.cli.check import read_file
from holdfast.cli.diagnostics import print_diagnostics
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import err, fail
from holdfast.cli.plan_view import print_plan, render_json, render_markdown
from holdfast.model.intent import Intent
from holdfast.model.recorded import RecordedRequest
from holdfast.rollout.plan import Plan, Verdict
from holdfast.runtime.canary import EnvoyCanary
from holdfast.runtime.effects import EffectTrials
from holdfast.runtime.planning import Planner
from holdfast.spec import Checked, check_bytes

_REQUESTS = TypeAdapter(tuple[RecordedRequest, ...])


def plan(
    file: Annotated[Path, typer.Argument(help="The platform file as it is to be.", show_default=False)],
    *,
    against: Annotated[Path, typer.Option(help="The platform file as it is now.", show_default=False)],
    requests: Annotated[
        Path | None, typer.Option(help="Recorded requests to try, as a JSON list.", show_default=False)
    ] = None,
    confirm: Annotated[
        list[str] | None, typer.Option(help="A code of what was found, to go on in spite of it.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print it as Markdown, for a pull request.")] = False,
) -> None:
    """Show what a change would do, by trying it on scratch edges. Exit code 0: sound, 14: must be confirmed."""
    old, new = (check_bytes(read_file(each), str(each)) for each in (against, file))
    if old.platform is None:
        _show_mistakes(old, against)
    recorded = _read_requests(requests)
    if new.platform is None and not (as_json or markdown):
        _show_mistakes(new, file)
    with err().status("Trying the change on scratch edges"):
        found = _make_plan(Intent(old.platform), new, recorded)
    confirmed = tuple(confirm or ())
    if as_json:
        sys.stdout.write(render_json(found, confirmed))
    elif markdown:
        sys.stdout.write(render_markdown(found, confirmed))
    else:
        print_plan(found, confirmed)
    raise typer.Exit(_CODES[found.judge(confirmed)] if not found.errors else ExitCode.INPUT_MISTAKEN)


_CODES = {
    Verdict.SOUND: ExitCode.OK,
    Verdict.CONFIRM: ExitCode.UNCONFIRMED,
    Verdict.REFUSED: ExitCode.REFUSED,
}


def _make_plan(old: Intent, new: Checked, requests: tuple[RecordedRequest, ...]) -> Plan:
    if new.platform is None:
        return Plan(new.diagnostics)
    try:
        find_envoy()
    except NoEnvoy as failure:
        fail(ExitCode.ENVOY_MISSING, str(failure))
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        canary = EnvoyCanary(Path(folder) / "canary", find_envoy)
        planner = Planner(compiler, canary, EffectTrials(Path(folder) / "effects", find_envoy))
        return asyncio.run(planner.plan(old, new.platform, requests, diagnostics=new.diagnostics))


def _read_requests(file: Path | None) -> tuple[RecordedRequest, ...]:
    if file is None:
        return ()
    try:
        return _REQUESTS.validate_json(read_file(file))
    except ValidationError as failure:
        first = failure.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        fail(ExitCode.INPUT_MISTAKEN, f"{file}: {place}: {first['msg']} ({failure.error_count()} mistakes)")


def _show_mistakes(checked: Checked, file: Path) -> NoReturn:
    print_diagnostics(Console(highlight=False), checked, str(file))
    raise typer.Exit(ExitCode.INPUT_MISTAKEN)
