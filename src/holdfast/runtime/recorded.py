"""The requests that are recorded while control runs, and kept over its restarts."""

import asyncio
import gzip
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from holdfast.model.intent import Intent
from holdfast.model.ports import Clock
from holdfast.model.recorded import RecordedRequest
from holdfast.model.sample import SampledRequest
from holdfast.rollout.recording import KeptKind, Recorded, Recording

LOG: Final = logging.getLogger(__name__)
SAVE_S: Final = 60.0
LOOK_S: Final = 1.0
"""Between two looks whether another platform is in force."""
SAMPLES_PER_LOOK_MAX: Final = 500
"""Samples that are taken in between two looks; what is beyond isn't recorded, and costs nothing."""
KEPT_BYTES_MAX: Final = 64 * 1024**2
_KEPT: Final = TypeAdapter(tuple[KeptKind, ...])


class RequestRecorder:
    """Takes in what edges sample, in the event loop that `run` is awaited in."""

    def __init__(self, path: Path, find_intent: Callable[[], Intent | None], clock: Clock) -> None:
        self._path = path
        self._find_intent = find_intent
        self._clock = clock
        self._recording = Recording()
        self._intent: Intent | None = None
        self._room = SAMPLES_PER_LOOK_MAX
        self._is_recalled = False

    def take_samples(self, samples: Sequence[SampledRequest]) -> None:
        """Record samples, as far as there is room until the next look."""
        self._recording.add(samples[: self._room])
        self._room -= min(self._room, len(samples))

    async def recall_requests(self) -> tuple[RecordedRequest, ...]:
        """One request of each kind that was recorded."""
        return await asyncio.to_thread(self._recording.freeze().list_requests)

    async def run(self) -> None:
        """Record until cancelled, and keep it once in a while."""
        if not self._is_recalled:
            kept = await asyncio.to_thread(load_kinds, self._path)
            self._recording.recall(kept)
            self._is_recalled = True
        looks = 0
        while True:
            self._follow_platform()
            self._room = SAMPLES_PER_LOOK_MAX
            await asyncio.sleep(LOOK_S)
            looks += 1
            if looks * LOOK_S >= SAVE_S:
                looks = 0
                self._recording.forget(self._clock())
                await asyncio.to_thread(save_recorded, self._path, self._recording.freeze())

    def close(self) -> None:
        """Keep what was recorded."""
        if self._is_recalled:
            save_recorded(self._path, self._recording.freeze())

    def _follow_platform(self) -> None:
        intent = self._find_intent()
        if intent is not None and (self._intent is None or intent.platform is not self._intent.platform):
            self._recording.set_platform(intent)
            self._intent = intent


def save_recorded(path: Path, recorded: Recorded) -> None:
    """Keep what was recorded, for nobody else to read; a disk that can't take it is said in the log."""
    draft = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(gzip.compress(_KEPT.dump_json(recorded.list_kinds()), compresslevel=1))
        draft.replace(path)
    except OSError as error:
        LOG.warning("recorded requests can't be kept: %s", error)


def load_kinds(path: Path) -> tuple[KeptKind, ...]:
    """What was recorded before; nothing if there is nothing that can be read."""
    try:
        with gzip.open(path) as file:
            return _KEPT.validate_json(file.read(KEPT_BYTES_MAX))
    except FileNotFoundError:
        return ()
    except (OSError, EOFError, ValueError, ValidationError) as error:
        LOG.warning("recorded requests can't be read, and are recorded anew: %s", error)
        return ()
