"""Follows a revision on its way until it is in force, refused or rolled back."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic, sleep
from typing import Final, NoReturn

import typer
from rich.console import Console
from rich.live import Live

from holdfast.cli.client import Client, ControlProblem
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import clean, err, fail, print_line, tell_span
from holdfast.cli.rollout_view import render_rollout, tell_rollout
from holdfast.model.revision import RevisionNumber, RevisionStatus
from holdfast.views.revisions import HistoryDocument
from holdfast.views.rollout import RolloutsDocument
from holdfast.views.status import StatusDocument

POLL_S: Final = 0.5
_NUMBERS: Final = re.compile(r"\d+(?:\.\d+)?")
Show = Callable[[RolloutsDocument], None]


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a revision, why, and what spoke for it."""

    status: RevisionStatus
    why: str = ""
    evidence: tuple[str, ...] = ()


def follow_to_end(client: Client, number: RevisionNumber) -> None:
    """Show how a revision goes out until it is over, and end as it does; Ctrl-C leaves it going."""
    began_at = monotonic()
    try:
        ending = _watch(client, number)
    except KeyboardInterrupt:
        _leave(number)
    except ControlProblem as problem:
        if problem.document.status != HTTPStatus.FORBIDDEN:
            raise
        print_line((f"Revision {number}", "bold"), " goes out in waves, which this token may not watch.")
        return
    conclude(client, number, ending, monotonic() - began_at)


def conclude(client: Client, number: RevisionNumber, ending: Ending, took_s: float) -> None:
    """Say what became of a revision, and end with the code for it."""
    match ending.status:
        case RevisionStatus.ROLLED_BACK:
            for line in ending.evidence:
                print_line(("Against it: ", "bold red"), line)
            fail(ExitCode.ROLLED_BACK, f"revision {number} was rolled back: {ending.why}")
        case RevisionStatus.REFUSED:
            fail(ExitCode.REFUSED, f"revision {number} is refused, nothing was changed: {ending.why}")
        case RevisionStatus.SUPERSEDED:
            print_line((f"Revision {number}", "bold"), " was in force, and another is now.")
        case _:
            reach = client.get(StatusDocument, "/v1/status").reach
            told = f" is in force on {reach.programmed} of {reach.edges} edges, after {tell_span(took_s)}."
            print_line((f"Revision {number}", "bold"), told)


def _watch(client: Client, number: RevisionNumber) -> Ending:
    with _showing() as show:
        while True:
            document = client.get(RolloutsDocument, "/v1/rollout")
            ending = _find_ending(client, document, number)
            if ending is not None:
                return ending
            show(document)
            sleep(POLL_S)


def _find_ending(client: Client, document: RolloutsDocument, number: RevisionNumber) -> Ending | None:
    """What became of a revision; None while it is on its way."""
    if number in {document.proving, document.rollout.number if document.rollout else None}:
        return None
    if number == document.in_force:
        return Ending(RevisionStatus.IN_FORCE)
    back = document.rolled_back
    if back is not None and back.number == number:
        return Ending(RevisionStatus.ROLLED_BACK, back.why, back.evidence)
    remembered = client.get(HistoryDocument, "/v1/revisions").revisions
    found = next((each for each in remembered if each.number == number), None)
    return Ending(found.status, found.why) if found else Ending(RevisionStatus.SUPERSEDED)


@contextmanager
def _showing() -> Iterator[Show]:
    """Redrawn in place on a terminal, else a line for each step."""
    console = err()
    if console.is_terminal:
        with Live(console=console, transient=True, auto_refresh=False) as live:
            yield lambda document: _redraw(live, document)
    else:
        told = set[str]()
        yield lambda document: _tell_step(console, document, told)


def _redraw(live: Live, document: RolloutsDocument) -> None:
    if document.rollout is not None:
        live.update(render_rollout(document.rollout, document.now, bar=True), refresh=True)


def _tell_step(console: Console, document: RolloutsDocument, told: set[str]) -> None:
    rollout = document.rollout
    if rollout is None:
        return
    waits_for = _NUMBERS.sub("", rollout.waits_for) if rollout.bakes_s is None else ""
    step = f"{rollout.wave} {rollout.paused} {len(rollout.evidence)} {waits_for}"
    if step not in told:
        told.add(step)
        console.print(clean(f"Revision {rollout.number}: {tell_rollout(rollout)}"), markup=False)


def _leave(number: RevisionNumber) -> NoReturn:
    print_line((f"Revision {number} goes on rolling out.", "bold"), " How it goes: holdfast rollout")
    print_line("To have it stand still: holdfast rollout pause; to take it back: holdfast rollout abort")
    raise typer.Exit(ExitCode.INTERRUPTED)
