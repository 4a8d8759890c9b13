"""`python -m bench.accepting.kills --kills 100`: kill the spooler under load, and look for what it lost.

The clients keep the ledger: what was answered 202, and with which id. In the end every one of these messages must be
in the store, byte for byte, once.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.adapters.spool import SqlSpool
from holdfast.model.recovery import Deferral, SpoolBounds
from holdfast.spooler.settings import SpooledService, SpoolSettings, accept_socket, store_file

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

SERVICE, ROUTE = "mail", "send"
CLIENTS = 16
READY_S_MAX = 30.0
ALIVE_S = (0.02, 0.4)
BODY_BYTES = (1, 1_024, 20_000)


@dataclass
class Ledger:
    """What clients were told: ids by idempotency key, and the digests of the bodies. `kills` is how often it died."""

    ids: dict[str, str] = field(default_factory=dict)
    digests: dict[str, bytes] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)
    kills: int = 0

    def note(self, key: str, message_id: str, body: bytes) -> None:
        """Enter an acknowledgement. One key must never have two ids."""
        if self.ids.setdefault(key, message_id) != message_id:
            self.doubled.append(key)
        self.digests[message_id] = hashlib.sha256(body).digest()


@dataclass(frozen=True)
class Verdict:
    """What became of the acknowledged: how many there were, and which are lost, changed or doubled."""

    kills: int
    acknowledged: int
    lost: Sequence[str]
    changed: Sequence[str]
    doubled: Sequence[str]

    @property
    def ok(self) -> bool:
        return not (self.lost or self.changed or self.doubled)


async def kill_again_and_again(folder: Path, kills: int, seed: int) -> Verdict:
    """Run a spooler in a folder, kill it so often at random instants, and compare its store with the clients' word."""
    routes = {ROUTE: Deferral()}
    SpoolSettings(services={SERVICE: SpooledService(tenant="shop", routes=routes)}, disk_free_min=1).save(folder)
    ledger, chance = Ledger(), random.Random(seed)
    clients = [asyncio.ensure_future(_send_always(folder, ledger, random.Random(seed + n), n)) for n in range(CLIENTS)]
    try:
        while ledger.kills < kills:
            async with _run_spooler(folder) as process:
                await _wait_until_ready(folder, process)
                before = len(ledger.ids)
                await asyncio.sleep(chance.uniform(*ALIVE_S))
                process.kill()
                await process.wait()
                ledger.kills += len(ledger.ids) > before
    finally:
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
    return await _compare(folder, ledger)


@asynccontextmanager
async def _run_spooler(folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    with (folder / "log").open("ab") as log:
        command = (sys.executable, "-m", "holdfast.spooler", str(folder))
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _wait_until_ready(folder: Path, process: asyncio.subprocess.Process) -> None:
    end = time.monotonic() + READY_S_MAX
    while True:
        if process.returncode is not None or time.monotonic() > end:
            raise RuntimeError((folder / "log").read_text()[-2000:])
        try:
            _, writer = await asyncio.open_unix_connection(accept_socket(folder))
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return


async def _send_always(folder: Path, ledger: Ledger, chance: random.Random, number: int) -> None:
    """Send one message after the other; what isn't answered is sent again with its key, as clients do."""
    count = 0
    while True:
        key, body = f"{number}-{count}", chance.randbytes(chance.choice(BODY_BYTES))
        while not await _send_once(folder, ledger, key, body):  # noqa: ASYNC110 - nobody says when it is back
            await asyncio.sleep(0.02)
        count += 1


async def _send_once(folder: Path, ledger: Ledger, key: str, body: bytes) -> bool:
    try:
        reader, writer = await asyncio.open_unix_connection(accept_socket(folder))
    except OSError:
        return False
    try:
        writer.write(
            f"POST /send HTTP/1.1\r\nhost: mail.example\r\nx-holdfast-service: {SERVICE}\r\n"
            f"x-holdfast-route: {ROUTE}\r\nidempotency-key: {key}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
    except (OSError, asyncio.IncompleteReadError):
        return False
    finally:
        writer.close()
    if not head.startswith(b"HTTP/1.1 202 "):
        return False
    receipt = head.partition(b"location: ")[2].partition(b"\r\n")[0].decode()
    ledger.note(key, receipt.rpartition("/")[2], body)
    return True


async def _compare(folder: Path, ledger: Ledger) -> Verdict:
    store = SqlSpool(store_file(folder), SpoolBounds(), 0)
    try:
        found = {message_id: await store.inspect(message_id) for message_id in ledger.digests}
    finally:
        await store.close()
    lost = [message_id for message_id, message in found.items() if message is None]
    changed = [
        message_id
        for message_id, message in found.items()
        if message and hashlib.sha256(message.body).digest() != ledger.digests[message_id]
    ]
    return Verdict(ledger.kills, len(found), lost, changed, ledger.doubled)


def main(
    kills: Annotated[int, typer.Option(help="How often; only kills that followed an acknowledgement count.")] = 100,
    seed: Annotated[int, typer.Option(help="Draws the instants and the bodies.")] = 1,
) -> None:
    """Kill the spooler under load, and look for what it lost."""
    with tempfile.TemporaryDirectory(prefix="holdfast-kills-") as folder:
        verdict = asyncio.run(kill_again_and_again(Path(folder), kills, seed))
    typer.echo(
        f"{verdict.kills} kills, {verdict.acknowledged} acknowledged: {len(verdict.lost)} lost, "
        f"{len(verdict.changed)} changed, {len(verdict.doubled)} doubled"
    )
    raise typer.Exit(0 if verdict.ok else 1)


if __name__ == "__main__":
    typer.run(main)
