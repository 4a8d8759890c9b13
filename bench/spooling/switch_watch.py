"""Follows the switch between upstream and spool in the spooler's log: every change of it, however short."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import TYPE_CHECKING

from holdfast.spool.switching import Phase

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

LOOK_S = 0.01
TURNING = frozenset({Phase.OPENING, Phase.CLOSING, Phase.RELEASING})
"""In these, edges are on their way to the spool or back, or about to be."""
_PHASE = re.compile(rb"holdfast\.spooler\.switches \S+ \S+: (\w+)$")
_STARTED = re.compile(rb"holdfast\.spooler \S+ \d+ messages wait$")


class SwitchWatch:
    """Of a spooler with one service. `phase` is None after its death, until it has said where it stands."""

    def __init__(self, log: Path) -> None:
        self.phase: Phase | None = Phase.DIRECT
        self.entered: Counter[Phase] = Counter()
        """How often it came into each phase."""
        self.opened = 0
        """How often all was sent to the spool that went directly before."""
        self._is_away = False
        self._log = log
        self._at = 0
        self._rest = b""

    @property
    def closed(self) -> int:
        """How often all went directly again."""
        return self.entered[Phase.DIRECT]

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            self.read()
            await asyncio.sleep(LOOK_S)

    def forget(self) -> None:
        """The spooler was killed: what is said from now on is said by another one."""
        self.read()
        self.phase = None

    def read(self) -> None:
        """Take what was said since."""
        try:
            with self._log.open("rb") as log:
                log.seek(self._at)
                said = log.read()
        except FileNotFoundError:
            return
        self._at += len(said)
        *lines, self._rest = (self._rest + said).split(b"\n")
        for line in lines:
            self._take(line)

    async def wait_for(self, phases: Collection[Phase], patience_s: float) -> bool:
        """Wait until it is in one of some phases; whether it came to that in time."""
        try:
            async with asyncio.timeout(patience_s):
                while self.phase not in phases:  # noqa: ASYNC110 - a file tells nobody that it grew
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            return False
        return True

    def _take(self, line: bytes) -> None:
        if told := _PHASE.search(line):
            self._enter(Phase(told.group(1).decode()))
        elif _STARTED.search(line) and self.phase is None:
            self.phase, self._is_away = Phase.DIRECT, False

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self.entered[phase] += 1
        is_away = phase is not Phase.DIRECT
        self.opened += is_away and not self._is_away
        self._is_away = is_away
