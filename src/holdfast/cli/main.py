"""The command `holdfast`."""

import sys
import traceback
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Annotated, Final

import typer

from holdfast import __version__
from holdfast.cli.exit_codes import ExitCode
from holdfast.runtime.memory import collect_later

PANELS: Final[dict[str, tuple[str, ...]]] = {
    "Platform files": ("check.init", "check.check", "plan.plan", "check.schema"),
    "What is in force": (
        "up.up",
        "status.status",
        "status.services",
        "endpoints.endpoints",
        "observed.observed",
        "revisions.apply",
        "revisions.history",
        "revisions.rollback",
        "freeze.freeze",
        "freeze.thaw",
    ),
    "Protect, for a time": (
        "mitigations.kill",
        "mitigations.read_only",
        "mitigations.limit",
        "mitigations.block",
        "mitigations.deny",
        "endpoints.drain",
        "mitigations.mitigations",
        "mitigations.end",
    ),
    "What was found": (
        "findings.findings",
        "findings.finding",
        "findings.suggestions",
        "findings.accept_suggestion",
        "components.queries",
        "explain.explain",
    ),
    "What is lost, and comes back": ("ready.ready",),
    "Tell people": ("oncall.oncall", "postmortem.postmortem"),
    "Try it": ("demo.demo",),
    "Look after it": (
        "doctor.doctor",
        "limits.limits",
        "components.components",
        "components.revert",
        "salvage.salvage",
    ),
}
"""Every command, as the help groups them: the module of this package, and the function in it."""
GROUPS: Final[dict[str, tuple[str, str]]] = {
    "ledger": ("ledger", "What is in force"),
    "restore": ("restore", "What is lost, and comes back"),
    "rollout": ("rollout", "What is in force"),
    "spool": ("spool", "What is lost, and comes back"),
    "failover": ("failover", "What is lost, and comes back"),
    "incident": ("incident", "Tell people"),
    "follow-up": ("follow_ups", "Tell people"),
    "maintenance": ("maintenance", "Tell people"),
    "token": ("tokens", "Look after it"),
    "component": ("components", "Look after it"),
    "drill": ("drill", "Drill"),
    "downtime": ("downtime", "Tell people"),
    "page": ("page", "Tell people"),
    "status-site": ("status_site", "Tell people"),
    "subscribers": ("subscribers", "Tell people"),
}
"""Every group of commands: the module whose `app` it is, and where the help shows it."""


def make_app(word: str | None = None) -> typer.Typer:
    """All commands together; only the one that `word` names, if it names one: the others need not be loaded then."""
    app = typer.Typer(
        name="holdfast",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        callback=_describe,
        epilog=f"Exit codes: {', '.join(f'{code.value} {code.meaning}' for code in ExitCode)}.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    commands = [(panel, *place.split(".")) for panel, places in PANELS.items() for place in places]
    alone = word in GROUPS or word in {_spell(name) for _, _, name in commands}
    for panel, module, name in commands:
        if not alone or _spell(name) == word:
            app.command(rich_help_panel=panel)(getattr(_load(module), name))
    for name, (module, panel) in GROUPS.items():
        if (not alone or name == word) and find_spec(f"{__package__}.{module}"):
            app.add_typer(_load(module).app, name=name, rich_help_panel=panel)
    return app


def _spell(name: str) -> str:
    return name.replace("_", "-")


def _load(module: str) -> ModuleType:
    return import_module(f"{__package__}.{module}")


def main() -> None:
    """Run a command. A bug ends with its own exit code, so that no script takes it for a mistake in its input."""
    try:
        with collect_later():
            app = make_app(next(iter(sys.argv[1:]), None))
        app()
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
