# noqa: INP001 - a script
"""Write cli.md, beside this file, from the commands themselves: `python docs/reference/write_cli.py`."""

import inspect
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import typer
from typer.models import ArgumentInfo, CommandInfo, OptionInfo, ParameterInfo

from holdfast.cli.main import make_app

_INTRODUCTION: Final = """\
# Commands

`holdfast COMMAND --help` prints what stands here. Tables are for people; `--json` is for programs. Colours and
progress show on terminals only, and `NO_COLOR` turns colours off. How commands end is in
[exit-codes.md](exit-codes.md).

Quantities are written as in platform files: durations `250ms`, `15s`, `5m`, `1h30m`, `1d`; rates `100/s`, `30/min`.

## Which control is meant

Commands that speak to a running control take these options too; below they are left out.

"""
_SHARED: Final = ("state", "url", "token_file")
Command = tuple[str, str, Callable[..., Any]]
"""Its words, the panel it is shown in, and what it calls."""


def render_cli() -> str:
    """The page of all commands, in Markdown."""
    parts = [_INTRODUCTION + _tabulate(_shared_options())]
    panel = ""
    for words, shown_in, callback in sorted_by_panel(make_app()):
        if shown_in != panel:
            parts.append(f"## {shown_in}\n")
            panel = shown_in
        parts.append(_render_command(words, callback))
    return "\n".join(parts)


def sorted_by_panel(app: typer.Typer) -> list[Command]:
    """Every command, in the order that the help shows."""
    commands = list(walk_commands(app))
    panels = list(dict.fromkeys(panel for _, panel, _ in commands))
    return sorted(commands, key=lambda command: panels.index(command[1]))


def walk_commands(app: typer.Typer, prefix: str = "holdfast", panel: str = "") -> Iterator[Command]:
    """Every command of an app and of the apps below it."""
    for info in app.registered_commands:
        if info.callback is not None:
            yield f"{prefix} {_name(info)}", panel or str(info.rich_help_panel), info.callback
    for group in app.registered_groups:
        if group.typer_instance is not None:
            words, shown_in = f"{prefix} {group.name}", str(group.rich_help_panel)
            alone = group.typer_instance.registered_callback
            if alone is not None and alone.callback is not None:
                yield words, shown_in, alone.callback
            yield from walk_commands(group.typer_instance, words, shown_in)


def _name(info: CommandInfo) -> str:
    return info.name or str(getattr(info.callback, "__name__", "")).replace("_", "-")


def _render_command(words: str, callback: Callable[..., Any]) -> str:
    shown = [p for p in _parameters(callback) if p.name not in _SHARED or _is_local(callback, p.name)]
    arguments = [p for p in shown if isinstance(_described(p), ArgumentInfo)]
    usage = " ".join([words, *(_show_argument(p) for p in arguments), *_usage_of_options(shown)])
    text = f"### {words}\n\n{inspect.getdoc(callback)}\n\n```text\n{usage}\n```\n"
    return f"{text}\n{_tabulate(shown)}" if shown else text


def _is_local(callback: Callable[..., Any], name: str) -> bool:
    """Whether an option of a shared name is this command's own: it isn't one that speaks to a control."""
    return name == "state" and "url" not in inspect.signature(callback).parameters


def _usage_of_options(parameters: list[inspect.Parameter]) -> Iterator[str]:
    options = [p for p in parameters if isinstance(_described(p), OptionInfo)]
    for parameter in options:
        if parameter.default is inspect.Parameter.empty:
            yield f"{_option_name(parameter)} {_metavar(parameter)}"
    if any(parameter.default is not inspect.Parameter.empty for parameter in options):
        yield "[OPTIONS]"


def _shared_options() -> list[inspect.Parameter]:
    status = next(callback for words, _, callback in walk_commands(make_app()) if words == "holdfast status")
    return [p for p in _parameters(status) if p.name in _SHARED]


def _parameters(callback: Callable[..., Any]) -> list[inspect.Parameter]:
    return [p for p in inspect.signature(callback).parameters.values() if p.annotation is not typer.Context]


def _described(parameter: inspect.Parameter) -> ParameterInfo:
    return next(
        (each for each in typing.get_args(parameter.annotation)[1:] if isinstance(each, ParameterInfo)), OptionInfo()
    )


def _tabulate(parameters: list[inspect.Parameter]) -> str:
    rows = "".join(f"| {_show(p)} | {_explain(p)} |\n" for p in parameters)
    return f"| | |\n|---|---|\n{rows}"


def _show(parameter: inspect.Parameter) -> str:
    if isinstance(_described(parameter), ArgumentInfo):
        return f"`{_show_argument(parameter).strip('[]')}`"
    metavar = _metavar(parameter)
    return f"`{_option_name(parameter)}{' ' if metavar else ''}{metavar}`".replace("|", "\\|")


def _show_argument(parameter: inspect.Parameter) -> str:
    name = _described(parameter).metavar or parameter.name.upper().replace("_", "-")
    return name if parameter.default is inspect.Parameter.empty else f"[{name}]"


def _option_name(parameter: inspect.Parameter) -> str:
    described = _described(parameter)
    declared = [described.default, *(described.param_decls or ())]  # the first name takes the place of a default
    names = (str(each) for each in declared if str(each).startswith("--"))
    return next(names, f"--{parameter.name.replace('_', '-')}")


def _metavar(parameter: inspect.Parameter) -> str:
    described = _described(parameter)
    kind = typing.get_args(parameter.annotation)[0]
    if kind is bool:
        return ""
    if described.metavar:
        return str(described.metavar)
    return _metavar_of_kind(kind)


def _metavar_of_kind(kind: Any) -> str:
    members = [each for each in typing.get_args(kind) if each is not type(None)]
    kind = members[0] if members else kind
    if hasattr(kind, "__members__"):
        return "|".join(str(member) for member in kind)
    return {"Path": "PATH", "int": "N"}.get(getattr(kind, "__name__", ""), "TEXT")


def _explain(parameter: inspect.Parameter) -> str:
    described = _described(parameter)
    parts = [(described.help or "").replace("|", "\\|")]
    if described.envvar:
        parts.append(f"Environment: `{described.envvar}`.")
    if _has_default_to_show(parameter):
        parts.append(f"Default: `{parameter.default}`.")
    return " ".join(part for part in parts if part)


def _has_default_to_show(parameter: inspect.Parameter) -> bool:
    return parameter.name != "state" and parameter.default not in {inspect.Parameter.empty, None, False, ""}


PAGES: Final = {"cli.md": render_cli}

if __name__ == "__main__":
    for page, render in PAGES.items():
        (Path(__file__).parent / page).write_text(render(), encoding="utf-8")
