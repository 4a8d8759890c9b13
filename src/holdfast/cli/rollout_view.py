"""Rollouts on a terminal: wave by wave, or in a line."""

from typing import Final

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from holdfast.cli.output import clean, tell_span, tell_time
from holdfast.views.rollout import FreezeDocument, RolledBackDocument, RolloutDocument, WaveDocument, WaveState

BAR_WIDTH: Final = 50
EVERYWHERE: Final = "everywhere"
_STYLES: Final = {WaveState.DONE: "green", WaveState.NOW: "yellow", WaveState.TO_COME: "dim"}


def render_rollout(rollout: RolloutDocument, now: float, *, bar: bool) -> RenderableType:
    """All of a rollout: how far it is, its waves, what it waits for, and what speaks against it."""
    parts: list[RenderableType] = [_render_head(rollout, now)]
    if bar:
        parts.append(_render_bar(rollout))
    parts.append(_render_waves(rollout, now))
    if rollout.paused:
        parts.append(Text.assemble(("Paused: ", "bold yellow"), clean(rollout.paused)))
    elif rollout.waits_for:
        parts.append(Text.assemble("Waits for: ", clean(_tell_wait(rollout))))
    parts.extend(Text.assemble(("Against it: ", "bold red"), clean(line)) for line in rollout.evidence)
    return Group(*parts)


def tell_progress(rollout: RolloutDocument) -> str:
    """How far a rollout is, in a few words: `wave 2 of 4, 60 of 412 services have it`."""
    how_far = f"wave {rollout.wave} of {len(rollout.waves)}"
    return f"{how_far}, {rollout.reached:,} of {rollout.services:,} services have it" if rollout.services else how_far


def tell_rollout(rollout: RolloutDocument) -> str:
    """A rollout in a line, with what holds it up."""
    parts = [tell_progress(rollout)]
    if rollout.paused:
        parts.append(f"paused: {rollout.paused}")
    elif rollout.waits_for:
        parts.append(f"waits for {_tell_wait(rollout)}")
    if rollout.evidence:
        parts.append(f"against it: {rollout.evidence[0]}")
    return "; ".join(parts)


def tell_rolled_back(rolled_back: RolledBackDocument) -> str:
    """Since when a revision is rolled back, by whom, and why."""
    who = f" by {rolled_back.author}" if rolled_back.author else ""
    wave = f" in wave {rolled_back.wave}" if rolled_back.wave else ""
    return f"{tell_time(rolled_back.at)}{who}{wave}: {rolled_back.why}"


def tell_freeze(freeze: FreezeDocument) -> str:
    """Until when changes are frozen, by whom, and why."""
    until = "until it is ended" if freeze.remaining_s is None else f"for {tell_span(freeze.remaining_s)} more"
    return f"{until}, by {freeze.author}: {freeze.why}"


def _render_head(rollout: RolloutDocument, now: float) -> Text:
    reason = f" ({rollout.reason})" if rollout.reason else ""
    return Text.assemble(
        (f"Revision {rollout.number}", "bold"),
        f" takes over from revision {rollout.base}: {tell_progress(rollout)}.\n",
        (clean(f"By {rollout.author}{reason}, since {tell_span(now - rollout.began_at)}"), "dim"),
    )


def _render_bar(rollout: RolloutDocument) -> Table:
    line = Table.grid()
    line.add_row(ProgressBar(total=max(1, rollout.services), completed=rollout.reached, width=BAR_WIDTH))
    return line


def _render_waves(rollout: RolloutDocument, now: float) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("wave", "goes over", "where", "state"):
        table.add_column(column)
    for wave in rollout.waves:
        state = Text(_tell_state(wave, rollout, now), style=_STYLES[wave.state])
        table.add_row(str(wave.number), _tell_size(wave), ", ".join(wave.locations or (EVERYWHERE,)), state)
    return table


def _tell_size(wave: WaveDocument) -> str:
    if wave.shared:
        return "what all services share"
    return f"{wave.services:,} service{'' if wave.services == 1 else 's'}"


def _tell_state(wave: WaveDocument, rollout: RolloutDocument, now: float) -> str:
    if wave.state is not WaveState.NOW:
        return str(wave.state)
    return f"since {tell_span(now - rollout.since)}"


def _tell_wait(rollout: RolloutDocument) -> str:
    return rollout.waits_for if rollout.bakes_s is None else f"{rollout.waits_for}, {tell_span(rollout.bakes_s)} more"
