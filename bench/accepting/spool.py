"""`python -m bench.accepting.spool FOLDER PORT`: the spool itself, its front on a port instead of its own socket."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvloop

from bench.accepting.front import SETTINGS
from holdfast.adapters.spool import SqlSpool
from holdfast.spooler.front_process import FrontProcess
from holdfast.spooler.keeping import Keeping
from holdfast.spooler.settings import ACCEPT_BACKLOG, store_file
from holdfast.spooler.switch import AlwaysOpen


async def serve(folder: Path, port: int) -> None:
    store = SqlSpool(store_file(folder), SETTINGS.bounds, SETTINGS.disk_free_min)
    keeping = Keeping(store, AlwaysOpen(), SETTINGS.hold_max_s)
    with socket.create_server(("127.0.0.1", port), backlog=ACCEPT_BACKLOG) as listening:
        await FrontProcess(listening, keeping, SETTINGS).run()


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
