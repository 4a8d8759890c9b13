"""Deploys bad builds of the analyser, one after another, as people would, and watches what becomes of each."""

from __future__ import annotations

import math
import os
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from holdfast.drills.broken import DrillBroken
from holdfast.drills.rogues.build import write_build
from holdfast.drills.stage.commands import run_command
from holdfast.model.component import ANALYSER, Phase

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from holdfast.drills.instruments import LoadResult, LoadRun
    from holdfast.drills.rogue_monitor.scenario import Form, RogueMonitor
    from holdfast.drills.rogues.build import Rogue
    from holdfast.drills.stage.machine import Cores
    from holdfast.drills.stage.site import Stage
    from holdfast.views.components import ComponentDocument

LOOK_S: Final = 0.1
RUNNING: Final = frozenset({Phase.SHADOW, Phase.ON})
START_S_MAX: Final = 30.0
OFF_WAIT_S_MAX: Final = 40.0
REVERT_WAIT_S_MAX: Final = 15.0


class AnalyserAbsent(DrillBroken):
    """The analyser that came with Holdfast didn't run, so there is nothing to replace."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Everything that runs, and a folder for builds."""

    scenario: RogueMonitor
    form: Form
    cores: Cores
    stage: Stage
    usual: LoadRun
    builds: Path

    def now_s(self) -> float:
        """Seconds since the usual traffic's start."""
        return (time.monotonic_ns() - self.usual.started_ns) / 1e9


@dataclass(slots=True)
class Asked:
    """How long control took to say how the analyser does, and the most that a build was seen to take."""

    answers_s: list[float] = field(default_factory=list)
    cpu_share: float = 0.0
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Deployment:
    """One bad build, in seconds since the usual traffic's start; infinite for what never came.

    Before it was quiet from `began_s`. `off_s` is when control said that it had switched it off, and `why`;
    `reverted_s` is when its previous version ran.
    """

    rogue: Rogue
    began_s: float
    installed_s: float
    off_s: float
    why: str
    revert_called_s: float
    reverted_s: float
    asked: Asked


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """All that happened; the hitch is a span of time at its very end."""

    usual: LoadResult
    deployments: tuple[Deployment, ...]
    hitch: tuple[float, float]


def await_analyser(stand: Stand) -> None:
    """Return once the analyser that came with Holdfast works. Raises AnalyserAbsent."""
    if not math.isfinite(_await(stand, lambda document: document.phase in RUNNING, START_S_MAX, Asked())):
        raise AnalyserAbsent(f"the analyser didn't run within {START_S_MAX:g} s: {_look(stand, Asked()).why}")


def deploy(stand: Stand, rogue: Rogue, tell: Callable[[str], None]) -> Deployment:
    """Quiet, the bad build until it is switched off, and back. Raises CommandFailed, ControlUnreachable."""
    places, asked = stand.stage.site.holdfast.places, Asked()
    build = write_build(rogue, stand.builds / rogue.version)
    before = _look(stand, asked).version
    began_s = stand.now_s()
    time.sleep(stand.form.before)
    tell(f"a build is deployed that will {rogue}")
    installed_s = stand.now_s()
    run_command(places, stand.cores, "component", "install", ANALYSER, str(build), "--reason", "drill: a new release")
    off_s = _await(stand, lambda document: document.phase is Phase.OFF, OFF_WAIT_S_MAX, asked)
    why = _look(stand, asked).why
    tell(f"switched off: {why}" if math.isfinite(off_s) else "not switched off")
    revert_called_s = stand.now_s()
    run_command(places, stand.cores, "revert", ANALYSER, "--reason", "drill: back to what worked")
    reverted_s = _await(
        stand, lambda document: document.version == before and document.phase in RUNNING, REVERT_WAIT_S_MAX, asked
    )
    time.sleep(stand.form.after)
    return Deployment(rogue, began_s, installed_s, off_s, why, revert_called_s, reverted_s, asked)


def hitch(stand: Stand) -> tuple[float, float]:
    """Have the upstream stand still once, as a monitor in its way would: what is measured must show that."""
    began_s = stand.now_s()
    os.kill(stand.stage.upstream.pid, signal.SIGSTOP)
    try:
        time.sleep(stand.scenario.hitch)
    finally:
        os.kill(stand.stage.upstream.pid, signal.SIGCONT)
    time.sleep(stand.scenario.hitch)
    return began_s, stand.now_s()


def _await(stand: Stand, is_so: Callable[[ComponentDocument], bool], seconds_max: float, asked: Asked) -> float:
    """When it was so for the first time; infinite if it wasn't."""
    deadline_s = stand.now_s() + seconds_max
    while stand.now_s() < deadline_s:
        if is_so(_look(stand, asked)):
            return stand.now_s()
        time.sleep(LOOK_S)
    return math.inf


def _look(stand: Stand, asked: Asked) -> ComponentDocument:
    began_s = stand.now_s()
    document = stand.stage.api.read_component(ANALYSER)
    asked.answers_s.append(stand.now_s() - began_s)
    asked.cpu_share = max(asked.cpu_share, document.cpu_share)
    asked.memory_bytes = max(asked.memory_bytes, document.memory_bytes)
    return document
