"""Documents rendered in a process of their own, so that the drawing costs control neither its memory nor its time."""

import asyncio
import logging
import sys
from asyncio.subprocess import PIPE
from typing import Final

from holdfast.model.postmortem import Postmortem, PostmortemFormat

LOG: Final = logging.getLogger(__name__)
RENDER_S_MAX: Final = 60.0
WAITING_MAX: Final = 8
"""Documents that may wait for the one that is being rendered."""
_MODULE: Final = "holdfast.adapters.postmortem"


class RenderingFailed(Exception):
    """The document can't be had now; the message says why."""


class Press:
    """Renders one document at a time. Belongs to one event loop."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()
        self._waiting = 0

    async def render(self, postmortem: Postmortem, form: PostmortemFormat) -> str:
        """The document; RenderingFailed if too many wait, it takes too long, or it fails."""
        if form is PostmortemFormat.JSON:
            return postmortem.model_dump_json(indent=2) + "\n"
        if self._waiting >= WAITING_MAX:
            raise RenderingFailed("as many postmortems are being rendered as may; try again")
        self._waiting += 1
        try:
            async with self._one, asyncio.timeout(RENDER_S_MAX):
                return await _run(postmortem.model_dump_json().encode(), form)
        except TimeoutError as error:
            raise RenderingFailed(f"rendering it takes longer than {RENDER_S_MAX:.0f} s") from error
        finally:
            self._waiting -= 1


async def _run(document: bytes, form: PostmortemFormat) -> str:
    command = (sys.executable, "-m", _MODULE, form.value)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        out, complaint = await process.communicate(document)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        LOG.error("a postmortem can't be rendered: %s", complaint.decode(errors="replace")[-2_000:])
        raise RenderingFailed("rendering it failed; control's log says more")
    return out.decode()
