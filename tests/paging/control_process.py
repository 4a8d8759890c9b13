"""`python -m paging.control_process STATE PAGING SMTP_URL`: a control on fake edges for each line that it reads.

For each it writes a line: the process, which may be killed, and its address. They are forked from this process, so that
a hundred of them cost no more than they must.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from fakes.compiler import ReadableCompiler
from fakes.running import FakeOutside
from holdfast.adapters.notify import read_settings
from holdfast.runtime.incidents.tellers import TellSettings
from holdfast.runtime.up import Settings, run_control


async def serve(state: Path, paging: Path, smtp_url: str) -> None:
    settings = Settings(
        state,
        "127.0.0.1",
        0,
        open_outside=lambda _: FakeOutside(),
        compiler=ReadableCompiler(),
        notify=read_settings({"HOLDFAST_SMTP_URL": smtp_url}),
        telling=TellSettings(paging=paging),
        watching=False,
    )
    async with run_control(settings) as running:
        print(os.getpid(), running.address, flush=True)
        await running.ended


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        if os.fork() == 0:
            asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
            os._exit(0)
