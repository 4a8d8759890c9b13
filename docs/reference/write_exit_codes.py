# noqa: INP001 - a script
"""Write exit-codes.md, beside this file, from the enumerations: `python docs/reference/write_exit_codes.py`."""

from pathlib import Path
from typing import Final

from holdfast.cli.drill_run import DrillExit
from holdfast.cli.exit_codes import ExitCode

_INTRODUCTION: Final = """\
# Exit codes

They don't change their meaning, so scripts may go by them. What went wrong is said on standard error, or, for
`holdfast check`, on standard output.

"""
_DRILL: Final = {
    DrillExit.PASS: "every goal was met",
    DrillExit.FAIL: "a goal was missed; without protections that is what should happen",
    DrillExit.INVALID: "what was measured can't tell; the reasons were printed",
    DrillExit.BROKEN: "a part of the drill could not be started, or ended by itself; the message says which",
    DrillExit.INTERRUPTED: "it was interrupted, and ended whatever it had started",
}


def render_exit_codes() -> str:
    """The page of all exit codes, in Markdown; KeyError for one that it has no words for."""
    shared = _tabulate([(code.value, code.name, code.meaning) for code in ExitCode])
    drill = _tabulate([(code.value, code.name, _DRILL[code]) for code in DrillExit])
    return f"{_INTRODUCTION}{shared}\n## `holdfast drill run`\n\nThese beside:\n\n{drill}"


def _tabulate(codes: list[tuple[int, str, str]]) -> str:
    rows = "".join(f"| {value} | `{name}` | {meaning} |\n" for value, name, meaning in codes)
    return f"| code | name | meaning |\n|---|---|---|\n{rows}"


PAGES: Final = {"exit-codes.md": render_exit_codes}

if __name__ == "__main__":
    for page, render in PAGES.items():
        (Path(__file__).parent / page).write_text(render(), encoding="utf-8")
