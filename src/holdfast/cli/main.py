"""The command `holdfast`."""

import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any, Final

import typer

from holdfast import __version__
from holdfast.cli import (
    check,
    components,
    demo,
    endpoints,
    explain,
    failover,
    findings,
    freeze,
    ledger,
    limits,
    mitigations,
    observed,
    plan,
    ready,
    restore,
    revisions,
    rollout,
    salvage,
    spool,
    status,
    tokens,
    up,
)
from holdfast.cli.exit_codes import ExitCode

PANELS: Final[dict[str, tuple[Callable[..., Any], ...]]] = {
    "Platform files": (check.init, check.check, plan.plan, check.schema),
    "What is in force": (
        up.up,
        status.status,
        status.services,
        endpoints.endpoints,
        observed.observed,
        revisions.apply,
        revisions.history,
        revisions.rollback,
        freeze.freeze,
        freeze.thaw,
    ),
    "Protect, for a time": (
        mitigations.kill,
        mitigations.read_only,
        mitigations.limit,
        mitigations.block,
        mitigations.deny,
        endpoints.drain,
        mitigations.mitigations,
        mitigations.end,
    ),
    "What was found": (
        findings.findings,
        findings.finding,
        findings.suggestions,
        findings.accept_suggestion,
        components.queries,
        explain.explain,
    ),
    "What is lost, and comes back": (ready.ready,),
    "Try it": (demo.demo,),
    "Look after it": (limits.limits, components.components, components.revert, salvage.salvage),
}
"""Every command, as the help groups them."""


def make_app() -> typer.Typer:
    """All commands together."""
    app = typer.Typer(
        name="holdfast",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        callback=_describe,
        epilog=f"Exit codes: {', '.join(f'{code.value} {code.meaning}' for code in ExitCode)}.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for panel, commands in PANELS.items():
        for command in commands:
            app.command(rich_help_panel=panel)(command)
    app.add_typer(ledger.app, name="ledger", rich_help_panel="What is in force")
    app.add_typer(restore.app, name="restore", rich_help_panel="What is lost, and comes back")
    app.add_typer(rollout.app, name="rollout", rich_help_panel="What is in force")
    app.add_typer(spool.app, name="spool", rich_help_panel="What is lost, and comes back")
    app.add_typer(failover.app, name="failover", rich_help_panel="What is lost, and comes back")
    app.add_typer(tokens.app, name="token", rich_help_panel="Look after it")
    app.add_typer(components.app, name="component", rich_help_panel="Look after it")
    if find_spec("holdfast.cli.drill"):
        app.add_typer(import_module("holdfast.cli.drill").app, name="drill", rich_help_panel="Drill")
    return app


def main() -> None:
    """Run a command. A bug ends with its own exit code, so that no script takes it for a mistake in its input."""
    try:
        make_app()()
    except Exception:  # noqa: BLE001 - the last resort
        traceback.print_exc()
        sys.exit(ExitCode.FAILED)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"holdfast {__version__}")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
]


def _describe(*, version: VersionOption = False) -> None:
    """A resilience control plane over real Envoy edges."""
