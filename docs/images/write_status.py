# noqa: INP001 - a script
"""Draw status.svg, beside this file: the example platform while two mitigations hold, as a terminal shows it.

Run `./dev demo` in another terminal first, then this.
"""

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from holdfast.runtime.state_dir import default_state

_COLUMNS: Final = 104
_LOADED: Final = re.compile(r"<!-- .*? -->\n?|^ *@font-face \{.*?\}\n", re.MULTILINE | re.DOTALL)
"""What would be fetched from elsewhere when the picture is shown."""
_COMMANDS: Final = (
    ("kill", "acme-shop", "--for", "1h", "--reason", "flood, ticket 4711"),
    ("limit", "wayne-site", "--per-client", "5/s", "--for", "30m", "--reason", "crawler"),
    ("status",),
)


def draw_terminal(state: Path) -> str:
    """The commands and what they print, as SVG."""
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True, highlight=False)
    for command in _COMMANDS:
        shown = " ".join(f"'{word}'" if " " in word else word for word in command)
        console.print(Text.assemble(("$ ", "bold green"), ("holdfast ", "bold"), shown))
        console.print(Text.from_ansi(_run(command, state)))
    drawn = console.export_svg(title="holdfast", unique_id="holdfast-status")
    return _LOADED.sub("", drawn)


def _run(command: tuple[str, ...], state: Path) -> str:
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(_COLUMNS), "HOLDFAST_STATE": str(state)}
    arguments = [sys.executable, "-m", "holdfast", *command]
    return subprocess.run(arguments, env=environment, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    picture = draw_terminal(Path(sys.argv[1]) if len(sys.argv) > 1 else default_state() / "demo")
    Path(__file__).with_name("status.svg").write_text(picture, encoding="utf-8")
