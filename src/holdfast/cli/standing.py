"""Groups of commands that, called without any of them, show how things stand."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from holdfast.cli.client import with_client
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import fail


def shown_alone(show: Callable[..., None]) -> Callable[..., None]:
    """A group's callback: shows with a client, unless one of the group's commands follows."""
    command = with_client(show)

    @wraps(show)
    def callback(context: typer.Context, **arguments: Any) -> None:
        if context.invoked_subcommand is None:
            command(**arguments)
        else:
            _refuse_options(context)

    first = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    parameters = [first, *inspect.signature(command).parameters.values()]
    callback.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    callback.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return callback


def _refuse_options(context: typer.Context) -> None:
    """Options before a command would be forgotten, and it might be another control that is spoken to."""
    sources = (context.get_parameter_source(name) for name in context.params)
    if any(source is not None and source.name == "COMMANDLINE" for source in sources):
        fail(ExitCode.USAGE, f"put options behind the word {context.invoked_subcommand}")
