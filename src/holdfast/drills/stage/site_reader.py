"""Somebody who reads the status site's files again and again, as a browser or a Statuspage client would."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

LOOK_S: Final = 0.2
"""By so much what is seen may be late."""
INCIDENTS: Final = "api/v2/incidents.json"
SUMMARY: Final = "api/v2/summary.json"


@dataclass(frozen=True, slots=True)
class Word:
    """A post on the site, first seen at a Unix time, in seconds."""

    incident: str
    post: str
    status: str
    at: float


@dataclass(frozen=True, slots=True)
class Shown:
    """What the site said of a component, first seen at a Unix time, in seconds."""

    component: str
    status: str
    at: float


class SiteReader:
    """Reads until the block is left. `site` is the directory that a web server would serve."""

    def __init__(self, site: Path) -> None:
        self._site = site
        self._words: dict[tuple[str, str], Word] = {}
        self._shown: list[Shown] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def list_words(self) -> list[Word]:
        """Every post that was ever seen, in the order in which they were first."""
        return sorted(self._words.values(), key=lambda word: word.at)

    def list_shown(self) -> list[Shown]:
        """Every change of a component's status that was seen, in order."""
        return list(self._shown)

    def __enter__(self) -> Self:
        """Begin to read."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Read no more."""
        self._over.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._over.wait(LOOK_S):
            now = time.time()
            self._note_words(self._load(INCIDENTS), now)
            self._note_components(self._load(SUMMARY), now)

    def _load(self, name: str) -> dict[str, Any]:
        try:
            told: dict[str, Any] = json.loads((self._site / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return told

    def _note_words(self, told: dict[str, Any], now: float) -> None:
        for incident in told.get("incidents", ()):
            for post in incident["incident_updates"]:
                key = incident["id"], post["id"]
                self._words.setdefault(key, Word(*key, post["status"], now))

    def _note_components(self, told: dict[str, Any], now: float) -> None:
        latest = {shown.component: shown.status for shown in self._shown}
        for component in told.get("components", ()):
            name, status = component["name"], component["status"]
            if latest.get(name) != status:
                self._shown.append(Shown(name, status, now))
