"""Writes a rogue analyser as a build that `holdfast component install analyser` takes."""

import json
import sys
from collections.abc import Callable
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Final

from holdfast.analyser.conversation import converse
from holdfast.drills.rogues import misbehaving
from holdfast.model.component import ANALYSER, BuildManifest

ANSWERS_BEFORE: Final = 5
"""Questions that are answered well, about two a second, before the harm begins."""
_MODULE: Final = """\
from holdfast.drills.rogues.build import Rogue, run_rogue

run_rogue(Rogue({rogue!r}), {answers})
"""


class Rogue(StrEnum):
    """The ways to do harm."""

    STOP = "stop"
    SPIN = "spin"
    LEAK = "leak"
    LOCK_STORE = "lock-store"
    GARBLE = "garble"
    FLOOD = "flood"
    DRONE = "drone"
    CRASH = "crash"

    @property
    def version(self) -> str:
        """What its build is called."""
        return f"rogue-{self.value}"


MISBEHAVIOURS: Final[dict[Rogue, Callable[[], None]]] = {
    Rogue.STOP: misbehaving.stop,
    Rogue.SPIN: misbehaving.spin,
    Rogue.LEAK: misbehaving.leak,
    Rogue.LOCK_STORE: misbehaving.lock_store,
    Rogue.GARBLE: misbehaving.garble,
    Rogue.FLOOD: misbehaving.flood,
    Rogue.DRONE: misbehaving.drone,
    Rogue.CRASH: misbehaving.crash,
}


def write_build(rogue: Rogue, folder: Path, answers_before: int = ANSWERS_BEFORE) -> Path:
    """Write the build of a rogue into a folder, which is made if need be; the folder."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    manifest = BuildManifest(component=ANALYSER, version=rogue.version, module="rogue_analyser")
    files = {
        "component.json": json.dumps(manifest.model_dump(), indent=1),
        "rogue_analyser.py": _MODULE.format(rogue=rogue.value, answers=answers_before),
    }
    for name, text in files.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    return folder


def run_rogue(rogue: Rogue, answers_before: int) -> None:
    """Be the analyser for so many answers, and a rogue from then on."""
    turns = count(1)

    def turn(_: int) -> None:
        """Questions' own numbers go on from those that a build before this one was asked."""
        if next(turns) > answers_before:
            MISBEHAVIOURS[rogue]()

    converse(sys.stdin.buffer, sys.stdout.buffer, turn)
