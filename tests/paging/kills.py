"""Kills control with SIGKILL again and again while it pages people, and compares what arrived with what should have.

The receivers keep the ledger. A page is lost if its step was due and nothing arrived under its key; doubled, if one
step reached one person under two keys. What arrives twice under one key is counted apart: a control that dies between
a receiver's answer and its own record of it can only send the page again, and the key is there to tell.
"""

import asyncio
import os
import random
import signal
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import psutil

from fakes.process import until
from holdfast.adapters.journal.sql_journal import SqlJournal
from holdfast.engine.evolve import replay
from holdfast.runtime.state_dir import StateDir
from holdfast.views.paging import OnCallDocument
from paging.receivers import Receivers, name_mail, receive

READY_S_MAX: Final = 60.0
SETTLED_S_MAX: Final = 120.0
ALIVE_S: Final = (0.02, 2.0)
STEPS: Final = 4
"""Two steps, twice."""
PAGING: Final = """
people:
  ann: {{channels: {{dead: {{webhook: "{dead}"}}, chat: {{webhook: "{chat}"}}}}}}
  bob: {{channels: {{mail: {{email: bob@example.com}}}}}}
teams: {{core: {{policy: quick, people: [ann, bob]}}}}
policies: {{quick: {{taken_within: 1h, repeat: 1, steps: [{{page: ann, wait: 500ms}}, {{page: bob, wait: 500ms}}]}}}}
"""


@dataclass(frozen=True)
class Verdict:
    """What became of the pages: how many were due, which are lost, doubled, or noted otherwise than once."""

    kills: int
    incidents: int
    due: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    strange: tuple[str, ...]
    misnoted: tuple[str, ...]
    repeated: int
    """Arrivals beyond the first under one key."""

    @property
    def ok(self) -> bool:
        return not (self.lost or self.doubled or self.strange or self.misnoted)


async def kill_again_and_again(folder: Path, kills: int, seed: int, incidents: int) -> Verdict:
    """Kill a control so often at random instants, opening an incident in each life; then let it come to rest."""
    chance = random.Random(seed)
    async with receive() as receivers:
        paging = folder / "paging.yaml"
        paging.touch(0o600)
        paging.write_text(PAGING.format(dead=receivers.gone, chat=receivers.pagers.locate("chat")))
        async with start_nursery(folder, paging, receivers.smtp_url) as nursery:
            for number in range(kills):
                async with live_once(nursery) as address:
                    opening = asyncio.create_task(open_incident(folder, address, number % incidents))
                    await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=chance.uniform(*ALIVE_S))
                await asyncio.wait([opening])
                _take(opening)
            async with live_once(nursery) as address:
                for number in range(incidents):
                    assert await open_incident(folder, address, number)
                await _come_to_rest(folder, address, incidents)
        return _compare(folder, receivers, kills, incidents)


@asynccontextmanager
async def start_nursery(folder: Path, paging: Path, smtp_url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process that controls are forked from."""
    command = (sys.executable, "-m", "paging.control_process", str(folder / "state"), str(paging), smtp_url)
    pipe = asyncio.subprocess.PIPE
    with (folder / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=log, env={"PYTHONPATH": ":".join(sys.path), "PATH": ""}
        )
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def live_once(nursery: asyncio.subprocess.Process) -> AsyncIterator[str]:
    """A control, by its address, which is killed at the end of the block."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write(b"\n")
    async with asyncio.timeout(READY_S_MAX):
        number, address = (await nursery.stdout.readline()).decode().split()
    try:
        yield address
    finally:
        with suppress(ProcessLookupError):
            os.kill(int(number), signal.SIGKILL)
        await asyncio.to_thread(until, lambda: not psutil.pid_exists(int(number)), "it is dead")


async def open_incident(folder: Path, address: str, number: int) -> bool:
    """Have an incident opened for an alert, as Alertmanager would; whether control said that it is."""
    group = {
        "version": "4",
        "groupKey": f"{{}}:{{number={number}}}",
        "status": "firing",
        "commonLabels": {"alertname": f"alert-{number}", "severity": "critical"},
        "alerts": [{"status": "firing", "labels": {"alertname": f"alert-{number}", "severity": "critical"}}],
    }
    async with make_client(folder) as client:
        answer = await client.post(f"{address}/v1/alertmanager", json=group)
    return answer.is_success


def _take(opening: asyncio.Task[bool]) -> None:
    """Whoever spoke to the control that was killed learns of it, and asks again later."""
    with suppress(httpx.HTTPError):
        opening.result()


async def _come_to_rest(folder: Path, address: str, incidents: int) -> None:
    """Until all steps of all incidents are over and nothing is on its way, or the deadline."""
    async with make_client(folder) as client, asyncio.timeout(SETTLED_S_MAX):
        while True:
            shown = OnCallDocument.model_validate_json((await client.get(f"{address}/v1/on-call")).content)
            if len(shown.exhausted) == incidents and not shown.letters.waiting:
                return
            await asyncio.to_thread(threading.Event().wait, 0.2)


def make_client(folder: Path) -> httpx.AsyncClient:
    token = StateDir(folder / "state").admin_token.read_text().strip()
    return httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30)


def list_keys(incident: str) -> Iterator[str]:
    """The pages that must arrive for an incident that nobody acknowledges."""
    for step in range(1, STEPS + 1):
        yield f"page/{incident}/first/{step}/{'ann/chat' if step % 2 else 'bob/mail'}"


def _compare(folder: Path, receivers: Receivers, kills: int, incidents: int) -> Verdict:
    journal = SqlJournal(StateDir(folder / "state").journal)
    try:
        state = replay(recorded.event for recorded in journal.read())
    finally:
        journal.close()
    due = [key for id_ in state.incidents for key in list_keys(id_)]
    mailed = {name_mail(key): key for key in due}
    arrived = Counter(each.key for each in receivers.taken("chat"))
    arrived.update(mailed.get(name, name) for name in (m.message_id.partition("@")[0] for m in receivers.mails))
    people = Counter(key.rpartition("/")[0] for key in arrived)
    noted = Counter((id_, p.step, p.channel) for id_, record in state.incidents.items() for p in record.pages)
    expected = {(id_, step, "dead") for id_ in state.incidents for step in (1, 3)}
    expected |= {(key.split("/")[1], int(key.split("/")[3]), key.rpartition("/")[2]) for key in due}
    return Verdict(
        kills=kills,
        incidents=len(state.incidents),
        due=len(due),
        lost=tuple(key for key in due if key not in arrived),
        doubled=tuple(key for key, count in people.items() if count > 1),
        strange=tuple(key for key in arrived if key not in set(due))
        + (("incidents",) * (len(state.incidents) != incidents)),
        misnoted=tuple(str(place) for place in expected if noted[place] != 1),
        repeated=sum(count - 1 for count in arrived.values()),
    )
