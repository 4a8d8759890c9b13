"""`python -m holdfast.spooler.front LINK SOCKET`: take requests on a listening socket, until told to stop.

Both are numbers of open files that the spooler hands over. Without the spooler at the other end of the link it ends at
once: nothing could be acknowledged any more, and clients send again what wasn't.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Final

import uvloop

from holdfast.spooler.front.acceptance import Acceptance
from holdfast.spooler.front.http import Front
from holdfast.spooler.front.keeper import RemoteKeeper
from holdfast.spooler.front.serving import serve_front
from holdfast.spooler.link import TO_FRONT, Configure, Done, Link, Offer, Question, Told, Word
from holdfast.spooler.settings import SpoolSettings

EXIT_CUT_OFF: Final = 1
FRAMES_MAX: Final = 1
"""What comes in while one becomes durable goes as the next. Of two at a time each has half as much, and both cost more:
4 to 17 % fewer messages a second were taken."""


async def run_front(link: socket.socket, listening: socket.socket) -> None:
    """Serve until told to stop, from when the first settings have come."""
    loop = asyncio.get_running_loop()
    configured, stopping = asyncio.Event(), asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stopping.set)

    def hear(frame: Sequence[Word | Told | Configure | Done]) -> None:
        for heard in frame:
            if isinstance(heard, Configure):
                front.take_settings(SpoolSettings.model_validate_json(heard.settings))
                configured.set()
            elif not isinstance(heard, Done):
                keeper.take(heard)

    linked = Link[Offer | Question, Word | Told | Configure | Done](TO_FRONT, hear, frames_max=FRAMES_MAX)
    keeper = RemoteKeeper(linked.say)
    front = Front(Acceptance(SpoolSettings(), keeper))
    linked.gone.add_done_callback(lambda _: os._exit(EXIT_CUT_OFF))
    await loop.create_unix_connection(lambda: linked, sock=link)
    await configured.wait()
    async with serve_front(front, listening):
        await stopping.wait()


def main() -> None:
    """Run on what is named on the command line."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    link, listening = (socket.socket(fileno=int(number)) for number in sys.argv[1:3])
    uvloop.run(run_front(link, listening))


if __name__ == "__main__":
    main()
