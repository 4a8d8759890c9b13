"""`holdfast demo`: a platform file at work, with sample upstreams and a little traffic."""

import asyncio
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import httpx
import typer

from holdfast.cli.diagnostics import print_diagnostics
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import err, fail, print_line, print_table
from holdfast.cli.platform_file import read_platform_file
from holdfast.model.platform import Platform
from holdfast.runtime.state_dir import StateDir, default_state
from holdfast.views.status import StatusDocument

_STOP_S_MAX = 30.0
_POLL_S = 0.2
_MARK = "demo"
"""The file that tells a demo's state directory from one that somebody needs."""


def demo(
    file: Annotated[Path, typer.Argument(help="The platform file to try.")],
    *,
    state: Annotated[
        Path | None, typer.Option(help="Where the demo keeps its state; removed first.", show_default=False)
    ] = None,
    api: Annotated[str, typer.Option(help="Where the API listens; port 0 for any that is free.")] = "127.0.0.1:9900",
    paging: Annotated[
        Path | None, typer.Option(help="Who is paged for incidents: the paging file.", show_default=False)
    ] = None,
) -> None:
    """Run a platform file with sample upstreams and a little traffic, until Ctrl-C. What it keeps is removed first."""
    _, checked = read_platform_file(file, ports=True)
    if checked.platform is None:
        print_diagnostics(err(), checked, str(file))
        raise typer.Exit(ExitCode.INPUT_MISTAKEN)
    try:
        code = asyncio.run(_run(file, checked.platform, _make_state(state or default_state() / "demo"), api, paging))
    except OSError as error:
        fail(ExitCode.IN_USE, f"a sample upstream can't have its port: {error}")
    raise typer.Exit(code)


def _make_state(state: Path) -> Path:
    """An empty state directory in place of an earlier demo's; anything else that is there stays, and ends the demo."""
    if state.exists() and any(state.iterdir()) and not (state / _MARK).exists():
        fail(ExitCode.IN_USE, f"{state} isn't a demo's: name another directory with --state, or remove it yourself")
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(mode=0o700, parents=True)
    (state / _MARK).touch()
    return state


async def _run(file: Path, platform: Platform, state: Path, api: str, paging: Path | None) -> int:
    from holdfast.demo.traffic import send_traffic  # noqa: PLC0415 - so that no other command pays for it
    from holdfast.demo.upstreams import loopback_endpoints, serve_upstreams  # noqa: PLC0415

    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    upstreams = asyncio.create_task(serve_upstreams(loopback_endpoints(platform), stopped))
    await asyncio.sleep(0)
    # A session of its own, so that Ctrl-C reaches control once, from here, and not a second time from the terminal.
    control = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "holdfast", "up", str(file), "--state", str(state), "--api", api),
        *(("--paging", str(paging)) if paging is not None else ()),
        stdout=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    ended = asyncio.create_task(control.wait())
    traffic = asyncio.create_task(send_traffic(platform, stopped))
    stopping = asyncio.create_task(stopped.wait())
    shown = asyncio.create_task(_show_when_up(platform, state))
    await asyncio.wait([ended, stopping, upstreams], return_when=asyncio.FIRST_COMPLETED)
    stopped.set()
    shown.cancel()
    if control.returncode is None:
        with suppress(ProcessLookupError):
            control.terminate()
    code = await asyncio.wait_for(ended, _STOP_S_MAX)
    await asyncio.gather(upstreams, traffic)
    return code


async def _show_when_up(platform: Platform, state: Path) -> None:
    """Say what to open and to try, once every edge has everything."""
    while True:
        if await _is_up(StateDir(state)):
            _say_what_to_try(platform, state)
            return
        await asyncio.sleep(_POLL_S)


async def _is_up(places: StateDir) -> bool:
    transport = httpx.AsyncHTTPTransport(uds=str(places.socket))
    with suppress(httpx.TransportError, OSError):
        headers = {"authorization": f"Bearer {places.admin_token.read_text().strip()}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://control", headers=headers) as client:
            status = StatusDocument.model_validate_json((await client.get("/v1/status")).content)
            return bool(status.edges) and all(edge.programmed for edge in status.edges)
    return False


def _say_what_to_try(platform: Platform, state: Path) -> None:
    port = next(iter(platform.locations.values())).edges[0].listen.rpartition(":")[2]
    hosts = [
        (name, next((h for h in service.hosts if not h.startswith("*")), service.hosts[0]))
        for tenant in platform.tenants.values()
        for name, service in tenant.services.items()
    ]
    print_line(("Holdfast is up.", "bold green"))
    print_table("Open in a browser", ("service", "address"), [(n, f"http://{h}:{port}/") for n, h in hosts])
    name, host = hosts[0]
    holdfast = f"{Path(sys.executable).parent / 'holdfast'}"
    steps = (
        ("switch a tenant off, and see the answer",
         f"{holdfast} kill {name} --for 1m --reason 'trying it' --state {state}; curl -i http://{host}:{port}/"),
        ("see what is in force", f"{holdfast} status --state {state}"),
        ("flood one tenant of twenty; nobody else notices", f"{holdfast} drill run noisy-neighbour --short"),
    )  # fmt: skip
    print_line(("Three things to try, in another terminal:", "bold"))
    for number, (what, command) in enumerate(steps, 1):
        print_line(f" {number}. {what}:\n    ", (command, "cyan"))
    print_line("Ctrl-C stops everything.")
