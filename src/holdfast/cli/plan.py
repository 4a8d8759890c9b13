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
from holdfast.adapters.api.bodies import PlanBody
from holdfast.adapters.envoy.binary import NoEnvoy, find_envoy
from holdfast.cli.check import check_path, read_file
from holdfast.cli.client import Client, StateOption, TokenOption, UrlOption, reach_control
from holdfast.cli.diagnostics import print_diagnostics
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import err, fail
from holdfast.cli.plan_view import print_plan, render_json, render_markdown
from holdfast.cli.quantities import ConfirmOption
from holdfast.model.intent import Intent
from holdfast.model.recorded import RecordedRequest
from holdfast.rollout.plan import Plan
from holdfast.runtime.canary import EnvoyCanary
from holdfast.runtime.effects import EffectTrials
from holdfast.runtime.plan_document import show_plan
from holdfast.runtime.planning import Planner
from holdfast.runtime.state_dir import default_state
from holdfast.spec import Checked
from holdfast.views.plan import PlanDocument

Requests = tuple[RecordedRequest, ...]
_REQUESTS = TypeAdapter(Requests)
_CODES = {"sound": ExitCode.OK, "confirm": ExitCode.UNCONFIRMED, "refused": ExitCode.REFUSED}


def plan(  # noqa: PLR0913 - an option each
    file: Annotated[Path, typer.Argument(help="The platform file or directory as it is to be.", show_default=False)],
    *,
    against: Annotated[
        Path | None,
        typer.Option(help="The platform as it is now; else what control has in force.", show_default=False),
    ] = None,
    requests: Annotated[
        Path | None,
        typer.Option(help="Requests to try beside those that were recorded, as a JSON list.", show_default=False),
    ] = None,
    confirm: ConfirmOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print it as Markdown, for a pull request.")] = False,
    state: StateOption = default_state(),  # noqa: B008 - it is the default of the option
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> None:
    """Show what a change would do, by trying it on scratch edges. Exit code 0: sound, 14: must be confirmed."""
    new, recorded, confirmed = check_path(file), _read_requests(requests), tuple(confirm or ())
    if new.platform is None and not (as_json or markdown):
        _show_mistakes(new, file)
    if against is not None:
        found = _plan_here(_read_intent(against), new, recorded, confirmed)
    else:
        body = PlanBody.model_construct(
            text=new.source_map.text, file=str(file), requests=recorded, confirmed=confirmed
        )
        with reach_control(state, url, token_file) as client:
            found = _ask_control(client, body)
    if as_json:
        sys.stdout.write(render_json(found))
    elif markdown:
        sys.stdout.write(render_markdown(found))
    else:
        print_plan(found)
    raise typer.Exit(_CODES[found.verdict] if not found.errors else ExitCode.INPUT_MISTAKEN)


def _ask_control(client: Client, body: PlanBody) -> PlanDocument:
    with err().status("Control tries the change on scratch edges"):
        return client.send(PlanDocument, "POST", "/v1/plan", body)


def _plan_here(old: Intent, new: Checked, requests: Requests, confirmed: tuple[str, ...]) -> PlanDocument:
    if new.platform is None:
        return show_plan(Plan(new.diagnostics), confirmed)
    try:
        find_envoy()
    except NoEnvoy as failure:
        fail(ExitCode.ENVOY_MISSING, str(failure))
    with tempfile.TemporaryDirectory(prefix="hf-") as folder, err().status("Trying the change on scratch edges"):
        canary = EnvoyCanary(Path(folder) / "canary", find_envoy)
        planner = Planner(compiler, canary, EffectTrials(Path(folder) / "effects", find_envoy))
        made = asyncio.run(planner.plan(old, new.platform, requests, diagnostics=new.diagnostics))
    return show_plan(made, confirmed)


def _read_intent(path: Path) -> Intent:
    checked = check_path(path)
    if checked.platform is None:
        _show_mistakes(checked, path)
    return Intent(checked.platform)


def _read_requests(file: Path | None) -> Requests:
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
