"""A disk without room: refusals, and everything else goes on."""

import asyncio
from pathlib import Path

import pytest

from fakes.disk import Disk
from fakes.spool import NOW, is_accepted, make_draft, open_spool
from holdfast.model.spool import Delivered, Refusal, Refused, SpoolUnavailable, Standing


def test_nothing_is_taken_where_there_is_no_room_but_what_is_kept_goes_out(tmp_path: Path) -> None:
    async def check() -> None:
        free = {"bytes": 1_000_000}
        async with open_spool(tmp_path, free=lambda _: free["bytes"]) as store:
            message_id = is_accepted(await store.accept(make_draft())).id
            assert await store.accept(make_draft(body=bytes(500_000))) == Refused(Refusal.DISK_FULL)
            (message,) = await store.claim("mail", NOW, 1, 1000)
            await store.settle(Delivered(message.id, 200, NOW))
            receipt = await store.receipt(message_id)
            assert receipt is not None
            assert receipt.standing is Standing.DELIVERED

    asyncio.run(check())


def test_what_the_file_has_within_it_is_room(tmp_path: Path) -> None:
    async def check() -> None:
        async with open_spool(tmp_path) as store:
            kept = is_accepted(await store.accept(make_draft(body=bytes(400_000)))).id
            await store.drop(kept, NOW, "no use", "ann")
        async with open_spool(tmp_path, free=lambda _: 1000) as store:
            is_accepted(await store.accept(make_draft(body=bytes(50_000))))
            assert await store.accept(make_draft(body=bytes(200_000))) == Refused(Refusal.DISK_FULL)

    asyncio.run(check())


def test_a_disk_that_turns_out_to_be_full_refuses_and_recovers(tmp_path: Path) -> None:
    async def check() -> None:
        disk = Disk("disk-full")
        room = {"bytes": 10**9}
        async with open_spool(tmp_path, vfs="disk-full", free=lambda _: room["bytes"]) as store:
            kept = is_accepted(await store.accept(make_draft(body=b"kept"))).id
            (message,) = await store.claim("mail", NOW, 1, 1000)
            disk.is_full = True
            assert await store.accept(make_draft()) == Refused(Refusal.DISK_FULL)
            with pytest.raises(SpoolUnavailable):
                await store.settle(Delivered(message.id, 200, NOW))
            receipt = await store.receipt(kept)
            assert receipt is not None
            assert receipt.standing is Standing.DELIVERING
            (backlog,) = (await store.figures()).backlogs
            assert (backlog.waiting, backlog.delivering) == (1, 1)
            disk.is_full = False
            await store.settle(Delivered(message.id, 200, NOW))
            async with asyncio.timeout(20):
                while isinstance(await store.accept(make_draft(body=b"later")), Refused):
                    await asyncio.to_thread(lambda: None)
        async with open_spool(tmp_path) as store:
            (message,) = await store.claim("mail", NOW, 10, 1000)
            assert message.body == b"later"

    asyncio.run(check())
