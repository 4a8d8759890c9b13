"""How a running drill is shown: on a terminal a line that moves, elsewhere plain lines."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from holdfast.cli.output import clean, err
from holdfast.drills.progress import Watcher
from holdfast.drills.result import Moment

BAR_WIDTH = 24
REFRESHES_PER_S = 4


@contextmanager
def show_drill() -> Iterator[Watcher]:
    """A watcher for one drill."""
    console = err()
    if not console.is_terminal:
        yield PlainView(console)
        return
    view = LiveView(console)
    with Live(get_renderable=view.render, console=console, refresh_per_second=REFRESHES_PER_S, transient=True):
        yield view


class PlainView:
    """A line for everything that happens."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def begin(self, phase: str, seconds: float) -> None:
        """The note that follows says it."""

    def load(self, usual_rps: float, flood_rps: float) -> None:
        """What was sent is told with each block."""

    def note(self, moment: Moment) -> None:
        """A line with the seconds since the start."""
        self._console.print(_tell(moment))


class LiveView(PlainView):
    """The same lines, and below them what goes on now and about how long it takes yet."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._phase = self._load = ""
        self._began = time.monotonic()
        self._seconds = 0.0

    def begin(self, phase: str, seconds: float) -> None:
        """Start the bar anew."""
        self._phase, self._began, self._seconds, self._load = phase, time.monotonic(), seconds, ""

    def load(self, usual_rps: float, flood_rps: float) -> None:
        """Show what is sent now."""
        flood = f" + flood {flood_rps:,.0f}/s" if flood_rps else ""
        self._load = f"usual {usual_rps:,.0f}/s{flood}"

    def render(self) -> RenderableType:
        """The line that moves."""
        passed = time.monotonic() - self._began
        left = max(0.0, self._seconds - passed)
        line = Table.grid(padding=(0, 2))
        bar = ProgressBar(total=max(self._seconds, 0.1), completed=min(passed, self._seconds), width=BAR_WIDTH)
        line.add_row(bar, Text(f"{left:3.0f} s left", style="cyan"), Text(clean(self._phase), style="bold"), self._load)
        return line


def _tell(moment: Moment) -> Text:
    return Text.assemble((f"{moment.at_s:6.1f} s  ", "dim"), clean(moment.what))
