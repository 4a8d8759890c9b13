"""Control as a process: what it says when it starts, and how it ends."""

import asyncio
import logging
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvloop

from holdfast.adapters.api.server import AddressInUse
from holdfast.adapters.api.tokens import ADMIN_NAME, TokensUnreadable
from holdfast.adapters.envoy.binary import NoEnvoy
from holdfast.adapters.notify import NotifySettings, read_settings
from holdfast.agent.priority import go_first
from holdfast.cli.diagnostics import print_each
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import err, fail, print_line, print_table
from holdfast.model.ports import JournalCorrupt, JournalFromNewerVersion, JournalUnavailable
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.revision import RevisionStatus
from holdfast.runtime.control import RevisionUnreadable
from holdfast.runtime.incidents.paging.file import PagingUnusable
from holdfast.runtime.incidents.tellers import TellSettings
from holdfast.runtime.state_dir import StateDir, StateDirInUse, StateDirUnusable
from holdfast.runtime.up import Running, Settings, run_control
from holdfast.spec import SourceMap
from holdfast.views.plan import PlanDocument
from holdfast.views.revisions import RejectedDocument

EDGES_S: Final = 30.0
"""How long the start waits for every edge before it says which are missing."""


@dataclass(frozen=True, slots=True)
class Order:
    """What `holdfast up` was told. Without a text, what was in force last is in force again."""

    state: Path
    host: str
    port: int
    text: str | None
    file: str
    keep_edges: bool = False
    watching: bool = True
    commit: str = ""
    status_site: Path | None = None
    paging: Path | None = None


def serve(order: Order) -> None:
    """Run control until SIGINT or SIGTERM; whatever keeps it from running ends the program with its exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    go_first()
    try:
        uvloop.run(_serve(order))
    except (StateDirInUse, AddressInUse) as error:
        fail(ExitCode.IN_USE, str(error))
    except StateDirUnusable as error:
        fail(ExitCode.USAGE, str(error))
    except JournalCorrupt as error:
        hint = f"`holdfast salvage --state {order.state}` keeps what is whole; the edges go on as they are meanwhile"
        fail(ExitCode.JOURNAL_UNUSABLE, f"the journal in {order.state} is corrupt: {error}. {hint}")
    except JournalFromNewerVersion as error:
        fail(ExitCode.JOURNAL_UNUSABLE, f"{error}; run the Holdfast that wrote it, or a newer one")
    except (RevisionUnreadable, TokensUnreadable) as error:
        fail(ExitCode.JOURNAL_UNUSABLE, str(error))
    except PagingUnusable as error:
        print_each(err(), error.diagnostics, SourceMap(""))
        fail(ExitCode.INPUT_MISTAKEN, f"{order.paging} can't be used")
    except NoEnvoy as error:
        fail(ExitCode.ENVOY_MISSING, str(error))
    except (JournalUnavailable, OSError) as error:
        fail(ExitCode.DISK_FULL, f"can't write to {order.state}: {error}")


async def _serve(order: Order) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    settings = Settings(
        order.state,
        order.host,
        order.port,
        keep_edges=order.keep_edges,
        watching=order.watching,
        notify=_read_notify_settings(),
        telling=TellSettings(paging=order.paging, status_site=order.status_site),
    )
    async with run_control(settings) as running:
        starting = asyncio.create_task(_start(order, running))
        stopping = asyncio.create_task(stopped.wait())
        await asyncio.wait([running.ended, stopping, starting], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            await starting
            await asyncio.wait([running.ended, stopping], return_when=asyncio.FIRST_COMPLETED)
        if running.ended.done():
            await running.ended
        starting.cancel()
        err().print("Stopping.")


def _read_notify_settings() -> NotifySettings:
    try:
        return read_settings(os.environ)
    except ValueError as error:
        fail(ExitCode.USAGE, str(error))


async def _start(order: Order, running: Running) -> None:
    control = running.control
    if order.text is not None:
        await _propose(order, running)
    elif control.state.in_force is None and control.state.proving is None:
        fail(ExitCode.USAGE, "nothing was in force here before: give a platform file (`holdfast init` writes one)")
    await control.until(lambda state: state.proving is None, None)
    if control.state.in_force is None:
        newest = max(control.state.revisions.values(), key=lambda entry: entry.revision.number)
        fail(ExitCode.REFUSED, f"revision {newest.revision.number} is refused: {newest.why}")
    missing = await _await_edges(running)
    _say_ready(order, running, missing)


async def _propose(order: Order, running: Running) -> None:
    with err().status("Envoy is trying the platform"):
        answer = await running.operations.propose(
            ADMIN_NAME, order.text or "", order.file, "holdfast up", commit=order.commit
        )
    match answer:
        case Refusal(RefusalCode.UNCHANGED | RefusalCode.ALREADY_PROVING):
            return
        case Refusal(RefusalCode.JOURNAL_UNAVAILABLE, message):
            _give_up(running, ExitCode.DISK_FULL, message)
        case Refusal(_, message):
            _give_up(running, ExitCode.REFUSED, message)
        case RejectedDocument(diagnostics=diagnostics):
            _give_up(running, ExitCode.INPUT_MISTAKEN, "; ".join(d.message for d in diagnostics[:5]))
        case PlanDocument():
            codes = " ".join(f"--confirm {code}" for code in answer.unconfirmed)
            hint = f"its plan must be confirmed first: holdfast apply {order.file} {codes}"
            _give_up(running, ExitCode.UNCONFIRMED, hint)
        case _ if answer.revision.status is RevisionStatus.REFUSED:
            _give_up(running, ExitCode.REFUSED, f"revision {answer.revision.number} is refused: {answer.revision.why}")


def _give_up(running: Running, code: ExitCode, message: str) -> None:
    """End, unless an earlier revision is in force: then it stays so, and kills can still be given."""
    if running.control.state.in_force is None:
        fail(code, message)
    err().print(f"Revision {running.control.state.in_force} stays in force: {message}", style="yellow", markup=False)


async def _await_edges(running: Running) -> list[str]:
    """Wait until every edge has everything; the names of those that haven't at the deadline."""
    intent = running.control.intent
    missing = {edge.name for at in intent.platform.locations.values() for edge in at.edges} if intent else set()
    with err().status("Edges are starting"):
        deadline = asyncio.get_running_loop().time() + EDGES_S
        while missing and asyncio.get_running_loop().time() < deadline:
            missing -= {s.name for s in running.control.world.fleet.statuses() if s.programmed}
            await asyncio.sleep(0.02)
    return sorted(missing)


def _say_ready(order: Order, running: Running, missing: list[str]) -> None:
    status, intent = running.operations.status(), running.control.intent
    if status.in_force is None or intent is None:
        return
    print_line(
        ("Holdfast is up: ", "bold green"), f"revision {status.in_force.number} of {status.platform} is in force."
    )
    if status.rollout is not None:
        print_line(f"Revision {status.rollout.number} is rolling out; how it goes: holdfast rollout --follow")
    rows = ((edge.name, name, edge.listen) for name, at in intent.platform.locations.items() for edge in at.edges)
    print_table("Edges", ("edge", "location", "listens on"), rows)
    if missing:
        print_line((f"Not ready after {EDGES_S:.0f} s: ", "bold red"), ", ".join(missing))
    print_line(f"Console {running.address}/console")
    print_line(f"API {running.address}, admin's token in {StateDir(order.state).admin_token}")
    print_line("Next: holdfast status; holdfast kill SERVICE --for 1h --reason TEXT; holdfast drill list")
