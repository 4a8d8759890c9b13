"""Who did what about which message, and why: a line each, kept before it is done."""

import asyncio
import json
import time
from pathlib import Path
from typing import Final

from holdfast.spooler.durable_file import append_durably

FILE_BYTES_MAX: Final = 16 * 1024**2
"""A file that is longer is put aside, in place of the one that was put aside before."""


class Audit:
    """The record of what people did about messages."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def note(self, who: str, what: str, message_id: str, why: str) -> None:
        """Keep one line, durably; OSError if that can't be."""
        line = json.dumps({"at": round(time.time(), 3), "who": who, "what": what, "id": message_id, "why": why})
        await asyncio.to_thread(self._write, line + "\n")

    def _write(self, line: str) -> None:
        length = append_durably(self._path, line)
        if length > FILE_BYTES_MAX:
            self._path.replace(self._path.with_suffix(".before.jsonl"))
