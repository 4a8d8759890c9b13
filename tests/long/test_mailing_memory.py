"""A mailing to ten thousand subscribers is made page by page."""

import asyncio
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

import fakes.subscribers
from adapters.notify.receivers import receive_mail
from fakes.subscribers import Readership
from holdfast.adapters.subscribers.database import SUBSCRIBERS, Database
from holdfast.engine.incident_command import PublishPost

READERS = 10_000
BYTES_MAX = 32 * 1024**2


def seed(path: Path) -> None:
    """Nobody confirms ten thousand times."""
    database = Database(path)
    rows = [
        {
            "id": f"s-{number:016x}",
            "kind": "email",
            "address": f"reader{number}@acme.example",
            "components": "[]",
            "regions": "[]",
            "confirmed_at": 1.0,
        }
        for number in range(READERS)
    ]
    with database.change() as connection:
        connection.execute(SUBSCRIBERS.insert(), rows)
    database.close()


@pytest.mark.timeout(300)
def test_ten_thousand_are_told_in_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fakes.subscribers, "QUICK", replace(fakes.subscribers.QUICK, waiting_max=READERS))
    seed(tmp_path / "subscribers.db")

    async def run(port: int) -> tuple[int, int]:
        readership = Readership(tmp_path, port)
        async with readership.at_work():
            await readership.open()
            await readership.bench.control.submit(PublishPost("ann", "i-1", text="First."))
            tracemalloc.start()
            await readership.look()
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            last = f"s-{READERS - 1:016x}:1:i-1/1"
            return peak, len(await readership.outbox.look_up([last]))

    with receive_mail() as mailbox:
        mailbox.answers = ["451 later"] * READERS
        peak, found = asyncio.run(run(mailbox.port))
    assert found == 1
    assert peak < BYTES_MAX
