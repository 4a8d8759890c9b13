"""`python -m holdfast.spooler FOLDER`: accept, keep and deliver what is deferred, until told to stop.

SIGTERM lets what was asked for be answered first. SIGKILL loses nothing that was acknowledged.
"""

import asyncio
import fcntl
import logging
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import uvloop

from holdfast.model.spool import SpoolCorrupt, SpoolUnavailable
from holdfast.spooler.process import run_spooler
from holdfast.spooler.settings import store_file

_log = logging.getLogger("holdfast.spooler")
EXIT_ALREADY: Final = 1
EXIT_CORRUPT: Final = 6
EXIT_UNAVAILABLE: Final = 7


async def _main(folder: Path) -> None:
    task = asyncio.ensure_future(run_spooler(folder))
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


def main() -> int:
    """Run the spooler of the folder named on the command line."""
    folder = Path(sys.argv[1]).resolve()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    with (folder / "spooler.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _log.error("another spooler already runs in %s", folder)
            return EXIT_ALREADY
        try:
            uvloop.run(_main(folder))
        except SpoolCorrupt as error:
            _log.error("%s is damaged (%s). Nothing was changed.", store_file(folder), error)
            _log.error("`holdfast spool salvage %s` keeps what is whole, and the damaged file beside it.", folder)
            return EXIT_CORRUPT
        except (SpoolUnavailable, OSError, ValueError) as error:
            _log.error("%s", error)
            return EXIT_UNAVAILABLE
    return 0


if __name__ == "__main__":
    sys.exit(main())
