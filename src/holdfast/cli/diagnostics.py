"""Diagnostics on a terminal: place, code, the line with a caret under it, and the fix."""

from collections import Counter
from collections.abc import Iterable

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from holdfast.model.diagnostic import Diagnostic, Severity
from holdfast.spec import Checked, SourceMap

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}
_SHOWN_MAX = 100


def print_diagnostics(console: Console, checked: Checked, file: str) -> None:
    """Print every diagnostic of a check, then how many there were."""
    print_each(console, checked.diagnostics, checked.source_map)
    console.print(_summarise(checked, file), soft_wrap=True)


def print_each(console: Console, diagnostics: Iterable[Diagnostic], source_map: SourceMap) -> None:
    """Print diagnostics of a text."""
    for diagnostic in diagnostics:
        console.print(_render(diagnostic, source_map.lines_of(diagnostic.file)), soft_wrap=True)


def _render(diagnostic: Diagnostic, lines: tuple[str, ...]) -> Text:
    style = _STYLES[diagnostic.severity]
    text = Text()
    text.append(f"{diagnostic.file}:{diagnostic.line}:{diagnostic.column}", style="bold")
    text.append(f" {diagnostic.severity.value} {diagnostic.code}", style=style)
    text.append(f" {diagnostic.message}\n")
    if 0 < diagnostic.line <= len(lines):
        _append_source(text, diagnostic, lines[diagnostic.line - 1], style)
    text.append(f"{'fix':>6} ", style="green")
    text.append(f"{diagnostic.fix}\n")
    return text


def _append_source(text: Text, diagnostic: Diagnostic, line: str, style: str) -> None:
    start = max(0, diagnostic.column - 1 - _SHOWN_MAX // 2) if len(line) > _SHOWN_MAX else 0
    shown = line[start : start + _SHOWN_MAX]
    column = diagnostic.column - 1 - start
    width = max(1, min(len(diagnostic.text), len(shown) - column))
    text.append(f"{diagnostic.line:>6} ", style="dim")
    text.append(f"{_printable(shown)}\n")
    text.append(" " * (7 + cell_len(_printable(shown[:column]))))
    text.append("^" * width + "\n", style=style)


def _printable(line: str) -> str:
    return "".join(each if each.isprintable() else " " for each in line)


def _summarise(checked: Checked, file: str) -> Text:
    counts = Counter(each.severity for each in checked.diagnostics)
    found = ", ".join(
        f"{counts[severity]} {severity.value}{'s' if counts[severity] > 1 else ''}"
        for severity in Severity
        if counts[severity]
    )
    platform = checked.platform
    if platform is None:
        return Text(f"{file}: {found}", style="red")
    services = sum(len(tenant.services) for tenant in platform.tenants.values())
    sound = f"{file} is sound: {_count(services, 'service')} of {_count(len(platform.tenants), 'tenant')}"
    return Text(f"{sound}, {found}" if found else sound, style="yellow" if found else "green")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
