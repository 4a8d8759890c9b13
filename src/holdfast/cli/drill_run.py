"""Plays a drill for the command line, and tells what came of it."""

import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

import typer
from rich.text import Text

from holdfast.adapters.envoy.binary import NoEnvoy
from holdfast.cli.drill_view import show_drill
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import err, fail, print_line, print_table
from holdfast.drills.broken import DrillBroken
from holdfast.drills.catalogue import Scenario, ScenarioInvalid, load_scenario, play
from holdfast.drills.drill import Order, Played
from holdfast.drills.instruments import BuildError, InstrumentError
from holdfast.drills.peers.names import PeerName
from holdfast.drills.report.page import write_report
from holdfast.drills.report.words import format_measure, format_words
from holdfast.drills.result import DrillResult, Verdict
from holdfast.drills.surge_attack.scenario import SurgeAttack

SEED_BITS: Final = 31
STYLES: Final = {Verdict.PASS: "bold green", Verdict.FAIL: "bold red", Verdict.INVALID: "bold yellow"}


class DrillExit(IntEnum):
    """How `holdfast drill run` ends, beside the codes that all commands share."""

    PASS = 0
    FAIL = 10
    """A goal was missed. Without protections that is what should happen."""
    INVALID = 11
    """What was measured can't tell; the reasons were printed."""
    BROKEN = 12
    """A part of the drill could not be started or ended by itself; the message says which."""
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for. Without a seed one is drawn, and told."""

    name: str
    seed: int | None
    short: bool
    protected: bool
    peer: PeerName | None
    json_file: Path | None
    report: Path | None


def run_drill(wish: Wish) -> NoReturn:
    """Play a drill, print and write its result, and end with the verdict's code."""
    try:
        scenario = load_scenario(wish.name)
    except ScenarioInvalid as error:
        fail(ExitCode.INPUT_MISTAKEN, str(error))
    if wish.peer is not None and not (isinstance(scenario, SurgeAttack) and wish.protected):
        fail(ExitCode.USAGE, "--peer goes with surge-attack alone, and not with --without-protections")
    seed = secrets.randbits(SEED_BITS) if wish.seed is None else wish.seed
    played = _play(scenario, Order(seed, short=wish.short, protected=wish.protected, peer=wish.peer))
    _print_result(played)
    _write(wish, played)
    raise typer.Exit(DrillExit[played.result.verdict.name])


def _play(scenario: Scenario, order: Order) -> Played:
    try:
        with _interrupted_once(), show_drill() as watcher:
            return play(scenario, order, watcher)
    except KeyboardInterrupt:
        err().print("Interrupted; everything that the drill started has ended.", style="yellow")
        raise typer.Exit(DrillExit.INTERRUPTED) from None
    except NoEnvoy as error:
        fail(ExitCode.ENVOY_MISSING, str(error))
    except (BuildError, InstrumentError, DrillBroken, OSError) as error:
        err().print(Text.assemble(("error: ", "bold red"), str(error)))
        raise typer.Exit(DrillExit.BROKEN) from error


@contextmanager
def _interrupted_once() -> Iterator[None]:
    """SIGINT and SIGTERM raise KeyboardInterrupt the first time; after that, ending everything isn't disturbed."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print_result(played: Played) -> None:
    result = played.result
    rows = (
        (format_words(name), format_measure(m), m.goal or "", _tell_ok(m.ok, m.goal), str(m.samples or ""))
        for name, m in result.measures.items()
    )
    whose = f"{result.scenario} with {result.peer}" if result.peer else result.scenario
    print_table(f"{whose}, seed {result.seed}", ("measure", "value", "goal", "", "samples"), rows)
    print_line((f"Verdict: {result.verdict}", STYLES[result.verdict]), _explain(result))
    for reason in played.invalid_because:
        print_line(f"  {reason}")


def _tell_ok(ok: bool | None, goal: str | None) -> Text:
    if ok is None:
        return Text("can't tell" if goal else "", style="yellow")
    return Text("met", style="green") if ok else Text("missed", style="bold red")


def _explain(result: DrillResult) -> str:
    if not result.protected and result.verdict is Verdict.FAIL:
        return ", as it should be: without protections bystanders are hurt."
    return ""


def _write(wish: Wish, played: Played) -> None:
    try:
        if wish.json_file is not None:
            wish.json_file.write_text(played.result.model_dump_json(indent=2) + "\n", encoding="utf-8")
        if wish.report is not None:
            print_line(f"Report: {write_report(played, wish.report)}")
    except OSError as error:
        fail(ExitCode.DISK_FULL, f"{error.filename} can't be written: {error.strerror}")
