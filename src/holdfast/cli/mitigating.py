"""How measures are put in force from the command line: foretold, forced or only looked at; the same for each."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Final

import typer
from pydantic import BaseModel

from holdfast.adapters.api.bodies import MitigateBody, PreviewBody
from holdfast.cli.client import Client, ControlProblem, with_client
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.measures import show_prediction, tell_measure
from holdfast.cli.output import fail, print_line, tell_span
from holdfast.cli.quantities import DURATION
from holdfast.model.mitigation import Measure
from holdfast.model.prediction import Prediction
from holdfast.model.refusal import RefusalCode
from holdfast.views.edges import Reach
from holdfast.views.mitigations import MitigationDocument

ForOption = Annotated[
    float | None,
    typer.Option("--for", parser=DURATION, metavar="DURATION", help="How long, such as 1h.", show_default=False),
]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Why; everyone will see it.", show_default=False)]
EdgeOption = Annotated[
    list[str] | None, typer.Option("--edge", help="An edge that it holds on; all if left out.", show_default=False)
]
PreviewOption = Annotated[bool, typer.Option("--preview", help="Only show what it would do to recent traffic.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Do it even if it is predicted to harm good clients.")]

_SHARED: Final[dict[str, tuple[Any, Any]]] = {
    "for_s": (ForOption, None),
    "reason": (ReasonOption, None),
    "edge": (EdgeOption, None),
    "preview": (PreviewOption, False),
    "force": (ForceOption, False),
}
"""The options of every command that mitigates, with their kinds and defaults."""


def mitigating(build: Callable[..., Measure]) -> Callable[..., None]:
    """A command that puts the measure in force which `build` makes of the command's own arguments."""

    @wraps(build)
    def command(client: Client, **arguments: Any) -> None:
        shared = {name: arguments.pop(name) for name in _SHARED}
        measure = build(**arguments)
        if shared["preview"]:
            body = PreviewBody.model_construct(measure=measure)
            show_prediction(client.send(Prediction, "POST", "/v1/mitigations/preview", body))
        else:
            put_in_force(client, "/v1/mitigations", _ask(measure, shared))

    own = inspect.signature(build).parameters.values()
    command.__signature__ = inspect.Signature([_CLIENT, *own, *_keywords()])  # type: ignore[attr-defined]
    return with_client(command)


def put_in_force(client: Client, path: str, body: BaseModel) -> None:
    """Have something put in force, and say what came of it; what is held back for a prediction is shown with it."""
    try:
        done = client.send(MitigationDocument, "POST", path, body)
    except ControlProblem as problem:
        foretold = problem.document.prediction
        if problem.document.code == RefusalCode.PREDICTION_HARMFUL and foretold:
            show_prediction(foretold)
            fail(ExitCode.REFUSED, "it would harm good clients, so nothing was done; --force does it all the same")
        raise
    print_line((done.id, "bold"), f" is in force on {tell_reach(done.reach)}: {tell_measure(done.measure)}")
    print_line(f"It ends by itself in {tell_span(done.remaining_s)}, or by: holdfast end {done.id}")
    if done.prediction is not None:
        show_prediction(done.prediction)
    warn_unrecorded(recorded=done.recorded)
    for warning in done.warnings:
        print_line(("Warning: ", "yellow"), f"{warning}; what would be shows: holdfast observed")


def tell_reach(reach: Reach) -> str:
    """On how many edges something is."""
    return f"{reach.programmed} of {reach.edges} edges"


def warn_unrecorded(*, recorded: bool) -> None:
    """Say so if something would be forgotten."""
    if not recorded:
        print_line(("The journal can't be written: ", "yellow"), "this holds, but a restart of control would undo it.")


def _ask(measure: Measure, shared: dict[str, Any]) -> MitigateBody:
    if shared["for_s"] is None or shared["reason"] is None:
        fail(ExitCode.USAGE, "say for how long (--for 1h) and why (--reason '...'), or only look with --preview")
    return MitigateBody.model_construct(
        measure=measure,
        for_s=shared["for_s"],
        reason=shared["reason"],
        edges=tuple(shared["edge"]) if shared["edge"] else None,
        force=shared["force"],
    )


_CLIENT: Final = inspect.Parameter("client", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Client)


def _keywords() -> list[inspect.Parameter]:
    keyword = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter(name, keyword, default=default, annotation=kind) for name, (kind, default) in _SHARED.items()
    ]
