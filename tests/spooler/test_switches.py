"""When an acknowledgement is let go, and what of the switch survives the process."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from holdfast.adapters.spool import SqlSpool
from holdfast.model.recovery import SpoolBounds
from holdfast.model.spool import Accepted, Backlog, Delivered, Draft
from holdfast.spool.switching import Phase, Position
from holdfast.spooler.switches import OpenServices, Switches

Check = Callable[[SqlSpool, Switches], Awaitable[None]]
NOTHING: dict[str, bool] = {}


def run(folder: Path, check: Check) -> None:
    async def main() -> None:
        store = SqlSpool(folder / "spool.db", SpoolBounds(), 0)
        try:
            await check(store, Switches(store, OpenServices(folder / "open.json")))
        finally:
            await store.close()

    asyncio.run(main())


async def accept(store: SqlSpool, number: int) -> str:
    now = time.time()
    draft = Draft(
        "mail", "shop", "send", "c", None, 5, "POST", "mail.example", f"/{number}", (), b"hi", now, now + 60
    )  # fmt: skip
    accepted = await store.accept(draft)
    assert isinstance(accepted, Accepted)
    return accepted.id


async def backlogs(store: SqlSpool) -> dict[str, Backlog]:
    return {backlog.service: backlog for backlog in (await store.figures()).backlogs}


def open_fully(switches: Switches) -> None:
    switches.take_position("mail", Position.OPEN, switches.all["mail"].turn, pinned=False)
    assert switches.all["mail"].phase is Phase.SPOOLING


def test_what_has_an_order_waits_until_every_edge_has_switched(tmp_path: Path) -> None:
    async def check(store: SqlSpool, switches: Switches) -> None:
        assert switches.hold("mail", await accept(store, 1), ordered=False) is None
        held = switches.hold("mail", await accept(store, 2), ordered=True)
        assert held is not None
        waiting = asyncio.ensure_future(held)
        done, _ = await asyncio.wait([waiting], timeout=0)
        assert not done
        open_fully(switches)
        await asyncio.wait_for(waiting, 10)
        assert switches.hold("mail", await accept(store, 3), ordered=True) is None

    run(tmp_path, check)


def test_or_until_it_is_delivered(tmp_path: Path) -> None:
    async def check(store: SqlSpool, switches: Switches) -> None:
        message_id = await accept(store, 1)
        held = switches.hold("mail", message_id, ordered=True)
        assert held is not None
        waiting = asyncio.ensure_future(held)
        await store.claim("mail", time.time(), 1, 1000)
        await store.settle(Delivered(message_id, 200, time.time()))
        await asyncio.wait_for(waiting, 10)

    run(tmp_path, check)


def test_that_it_is_open_survives_the_process(tmp_path: Path) -> None:
    async def check(store: SqlSpool, switches: Switches) -> None:
        switches.hold("mail", await accept(store, 1), ordered=False)
        open_fully(switches)
        again = Switches(store, OpenServices(tmp_path / "open.json"))
        again.resume(await backlogs(store))
        assert again.all["mail"].phase is Phase.SPOOLING
        assert (tmp_path / "open.json").stat().st_mode & 0o777 == 0o600

    run(tmp_path, check)


def test_what_waits_after_a_restart_without_a_switch_asks_for_one(tmp_path: Path) -> None:
    async def check(store: SqlSpool, switches: Switches) -> None:
        await accept(store, 1)
        switches.resume(await backlogs(store))
        assert switches.all["mail"].phase is Phase.OPENING

    run(tmp_path, check)


def test_a_switch_that_cant_be_written_down_doesnt_open(tmp_path: Path) -> None:
    async def check(store: SqlSpool, switches: Switches) -> None:
        switches.hold("mail", await accept(store, 1), ordered=False)
        (tmp_path / "open.json.new").mkdir()
        switches.take_position("mail", Position.OPEN, switches.all["mail"].turn, pinned=False)
        assert switches.all["mail"].phase is Phase.OPENING
        (tmp_path / "open.json.new").rmdir()
        open_fully(switches)

    run(tmp_path, check)


def test_what_control_says_of_an_earlier_wish_counts_for_nothing(tmp_path: Path) -> None:
    async def check(store: SqlSpool, switches: Switches) -> None:
        switches.hold("mail", await accept(store, 1), ordered=False)
        switches.take_position("mail", Position.OPEN, switches.all["mail"].turn - 1, pinned=False)
        assert switches.all["mail"].phase is Phase.OPENING

    run(tmp_path, check)


def test_it_goes_back_when_the_backlog_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def check(store: SqlSpool, switches: Switches) -> None:
        times = [0.0]
        monkeypatch.setattr(switches, "_clock", lambda: times[-1])
        message_id = await accept(store, 1)
        switches.hold("mail", message_id, ordered=False)
        open_fully(switches)
        phases = []
        for now in (10.0, 20.0):
            times.append(now)
            switches.look(await backlogs(store), NOTHING, {})
            phases.append(switches.all["mail"].phase)
        await store.claim("mail", time.time(), 1, 1000)
        await store.settle(Delivered(message_id, 200, time.time()))
        times.append(30.0)
        switches.look(await backlogs(store), NOTHING, {})
        switches.take_position("mail", Position.CLOSED, switches.all["mail"].turn, pinned=False)
        switches.look(await backlogs(store), NOTHING, {})
        assert phases == [Phase.CLOSING, Phase.CLOSING]
        assert switches.all["mail"].phase is Phase.DIRECT

    run(tmp_path, check)
