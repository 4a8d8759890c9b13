"""`python -m paging.control_process STATE PAGING_FILE SMTP_URL`: a control on fake edges, which says its address."""

import asyncio
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
        print(running.address, flush=True)
        await running.ended


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
