"""What the store promises: `holdfast.model.spool.SpoolStore`."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import fields

from fakes.spool import NOW, is_accepted, make_draft, open_spool
from holdfast.adapters.spool import SqlSpool
from holdfast.model.recovery import SpoolBounds
from holdfast.model.spool import (
    Accepted,
    Dead,
    Delivered,
    NotInSpool,
    Refusal,
    Refused,
    Retry,
    SpoolUnavailable,
    Standing,
)

PLENTY = 1 << 20


async def accept(store: SqlSpool, **changes: object) -> str:
    return is_accepted(await store.accept(make_draft(**changes))).id


async def claim(store: SqlSpool, count: int = 100, now: float = NOW) -> list[bytes]:
    return [message.body for message in await store.claim("mail", now, count, PLENTY)]


async def deliver_next(store: SqlSpool) -> bytes:
    (message,) = await store.claim("mail", NOW, 1, PLENTY)
    await store.settle(Delivered(message.id, 201, NOW + 1))
    return message.body


def test_a_message_comes_out_as_it_went_in_also_after_a_restart(tmp_path: Path) -> None:
    async def check() -> None:
        draft = make_draft(order_key="k", idempotency_key="i", body=bytes(range(256)))
        async with open_spool(tmp_path) as store:
            accepted = is_accepted(await store.accept(draft))
        async with open_spool(tmp_path) as store:
            (message,) = await store.claim("mail", NOW, 10, PLENTY)
        assert (message.id, message.idempotency_key, message.attempts) == (accepted.id, "i", 0)
        for name in {field.name for field in fields(draft)} - {"idempotency_key"}:
            assert getattr(message, name) == getattr(draft, name)

    asyncio.run(check())


def read_modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    async def check() -> None:
        async with open_spool(tmp_path) as store:
            await accept(store)
            assert read_modes(tmp_path) == {"spool.db": 0o600, "spool.db-wal": 0o600}

    asyncio.run(check())


def test_what_is_first_by_priority_then_by_age_is_claimed_first_and_once(tmp_path: Path) -> None:
    async def check() -> None:
        async with open_spool(tmp_path) as store:
            for body, priority in ((b"a", 5), (b"b", 0), (b"c", 5), (b"d", 0)):
                await accept(store, body=body, priority=priority)
            await accept(store, body=b"other", service="shop")
            assert await claim(store, 3) == [b"b", b"d", b"a"]
            assert await claim(store, 3) == [b"c"]
            assert await claim(store) == []

    asyncio.run(check())


def test_at_least_one_message_is_claimed_however_large(tmp_path: Path) -> None:
    async def check() -> None:
        async with open_spool(tmp_path) as store:
            for _ in range(3):
                await accept(store, body=bytes(1000))
            assert len(await store.claim("mail", NOW, 10, 10)) == 1
            assert len(await store.claim("mail", NOW, 10, 2200)) == 2

    asyncio.run(check())


def test_of_an_order_only_the_first_is_claimed_until_it_is_settled(tmp_path: Path) -> None:
    async def check() -> None:
        async with open_spool(tmp_path) as store:
            for body, key in ((b"a1", "a"), (b"a2", "a"), (b"b1", "b"), (b"a3", "a")):
                await accept(store, body=body, order_key=key)
            first, _ = await store.claim("mail", NOW, 10, PLENTY)
            assert await claim(store) == []
            await store.settle(Retry(first.id, NOW + 5, "503"))
            assert await claim(store) == [], "a2 doesn't overtake what is tried again"
            assert await store.next_due("mail", NOW) == NOW + 5
            (again,) = await store.claim("mail", NOW + 5, 10, PLENTY)
            assert (again.body, again.attempts) == (b"a1", 1)
            await store.settle(Dead(again.id, "refused", NOW))
            assert await deliver_next(store) == b"a2"
            assert await deliver_next(store) == b"a3"

    asyncio.run(check())


def test_a_claim_given_back_leaves_no_trace(tmp_path: Path) -> None:
    async def check() -> None:
        async with open_spool(tmp_path) as store:
            message_id = await accept(store)
            await store.claim("mail", NOW, 1, PLENTY)
            assert await standing(store, message_id) is Standing.DELIVERING
            await store.settle(Retry(message_id, 0.0, counted=False))
            (message,) = await store.claim("mail", NOW, 1, PLENTY)
            assert message.attempts == 0

    asyncio.run(check())


async def standing(store: SqlSpool, message_id: str) -> Standing:
    receipt = await store.receipt(message_id)
    assert receipt is not None
    return receipt.standing


def test_what_isnt_claimed_cant_be_settled(tmp_path: Path) -> None:
    async def check() -> None:
        async with open_spool(tmp_path) as store:
            message_id = await accept(store)
            with pytest.raises(NotInSpool):
                await store.settle(Delivered(message_id, 200, NOW))
            await store.claim("mail", NOW, 1, PLENTY)
            outcomes = await asyncio.gather(
                *(store.settle(Delivered(message_id, 200, NOW)) for _ in range(2)), return_exceptions=True
            )
            assert [type(outcome) for outcome in outcomes] == [type(None), NotInSpool]
            assert not (await store.figures()).backlogs

    asyncio.run(check())


def test_a_key_with_the_same_content_is_the_same_message_and_with_another_is_refused(tmp_path: Path) -> None:
    async def check() -> None:
        async with open_spool(tmp_path) as store:
            draft = make_draft(idempotency_key="k")
            both = await asyncio.gather(store.accept(draft), store.accept(draft))
            assert [is_accepted(answer).replayed for answer in both] == [False, True]
            assert is_accepted(both[0]).id == is_accepted(both[1]).id
            assert await store.accept(make_draft(idempotency_key="k", body=b"else")) == Refused(Refusal.CONFLICT)
            assert isinstance(await store.accept(make_draft(idempotency_key="k", service="shop")), Accepted)
            assert await deliver_next(store) == b"hello"
            assert is_accepted(await store.accept(draft)).id == is_accepted(both[0]).id, "delivered isn't forgotten"
            assert await claim(store) == []

    asyncio.run(check())


def test_an_assigned_key_is_honoured_when_it_comes_back(tmp_path: Path) -> None:
    async def check() -> None:
        async with open_spool(tmp_path) as store:
            first = is_accepted(await store.accept(make_draft()))
            again = is_accepted(await store.accept(make_draft(idempotency_key=first.idempotency_key)))
            assert again == Accepted(first.id, first.idempotency_key, replayed=True)

    asyncio.run(check())


def test_bounds_hold_for_a_tenant_and_for_all(tmp_path: Path) -> None:
    async def check() -> None:
        bounds = SpoolBounds(messages_max=4, tenant_messages_max=2, tenant_bytes_max=100_000, bytes_max=150_000)
        async with open_spool(tmp_path, bounds) as store:
            large = make_draft(body=bytes(100_000))
            assert await store.accept(large) == Refused(Refusal.TENANT_FULL)
            first = await accept(store, body=bytes(99_000))
            assert await store.accept(make_draft(tenant="b", body=bytes(99_000))) == Refused(Refusal.FULL)
            answers = await asyncio.gather(*(store.accept(make_draft()) for _ in range(3)))
            assert [isinstance(answer, Refused) and answer.refusal for answer in answers] == [
                False,
                Refusal.TENANT_FULL,
                Refusal.TENANT_FULL,
            ]
            for tenant in ("b", "c"):
                await accept(store, tenant=tenant)
            assert await store.accept(make_draft(tenant="d")) == Refused(Refusal.FULL)
            await store.drop(first, NOW, "no use", "ann")
            await accept(store, tenant="d")

    asyncio.run(check())


def test_dead_letters_are_listed_inspected_redelivered_and_dropped(tmp_path: Path) -> None:
    async def check() -> None:
        async with open_spool(tmp_path) as store:
            ids = [await accept(store, body=body, order_key="k") for body in (b"1", b"2", b"3")]
            for _ in range(2):
                (message,) = await store.claim("mail", NOW, 1, PLENTY)
                await store.settle(Dead(message.id, "410", NOW + 1))
            letters = await store.list_dead(service="mail")
            assert [(letter.id, letter.why, letter.body_bytes > 0) for letter in letters] == [
                (ids[0], "410", True),
                (ids[1], "410", True),
            ]
            assert await store.list_dead(after=letters[0].sequence, tenant="shop", count_max=1) == [letters[1]]
            assert await store.list_dead(tenant="else") == []
            found = await store.inspect(ids[0])
            assert found is not None
            assert found.body == b"1"
            await store.redeliver(ids[0], NOW, NOW + 500)
            with pytest.raises(NotInSpool):
                await store.redeliver(ids[0], NOW, NOW + 500)
            assert await deliver_next(store) == b"1", "it takes its old place before the third"
            await store.drop(ids[1], NOW + 9, "of no use", "ann")
            receipt = await store.receipt(ids[1])
            assert receipt is not None
            assert (receipt.standing, receipt.why, receipt.by) == (Standing.DROPPED, "of no use", "ann")
            assert await store.inspect(ids[1]) is None
            (third,) = await store.claim("mail", NOW, 1, PLENTY)
            with pytest.raises(NotInSpool, match="being delivered"):
                await store.drop(third.id, NOW, "late", "ann")

    asyncio.run(check())


def test_what_is_too_old_is_found_unless_its_clock_stood_still(tmp_path: Path) -> None:
    async def check() -> None:
        async with open_spool(tmp_path) as store:
            first = await accept(store, order_key="k", expires_at=NOW + 10)
            second = await accept(store, order_key="k", expires_at=NOW + 20)
            assert await store.claim_expired("mail", NOW + 9, 10) == []
            await store.postpone_expiry("mail", 100)
            later = await accept(store, expires_at=NOW + 115)
            assert await store.claim_expired("mail", NOW + 109, 10) == []
        async with open_spool(tmp_path) as store:
            assert await store.claim_expired("mail", NOW + 116, 10) == [first, later]
            await store.settle(Dead(first, "too old", NOW + 116))
            assert await store.claim_expired("mail", NOW + 121, 10) == [second]

    asyncio.run(check())


def test_arrivals_and_settlements_wake_whoever_waits(tmp_path: Path) -> None:
    async def check() -> None:
        async with open_spool(tmp_path) as store, asyncio.timeout(20):
            arrival = asyncio.ensure_future(store.wait_for_arrival())
            message_id = await accept(store)
            await arrival
            settled = asyncio.ensure_future(store.wait_until_settled(message_id))
            await deliver_next(store)
            receipt = await settled
            assert receipt is not None
            assert (receipt.standing, receipt.status) == (Standing.DELIVERED, 201)
            assert await store.wait_until_settled(message_id) == receipt
            assert await store.wait_until_settled("x" * 40) is None

    asyncio.run(check())


def test_figures_say_what_there_is_by_service(tmp_path: Path) -> None:
    async def check(store: SqlSpool) -> None:
        mail, shop = (await store.figures()).backlogs
        assert (mail.tenant, mail.service, mail.waiting, mail.ordered, mail.dead) == ("shop", "mail", 2, 1, 1)
        assert mail.oldest_at == NOW + 1
        assert mail.waiting_bytes == 2 * mail.dead_bytes
        assert (shop.waiting, shop.oldest_at) == (1, NOW + 9)

    async def run() -> None:
        async with open_spool(tmp_path) as store:
            await accept(store)
            (message,) = await store.claim("mail", NOW, 1, PLENTY)
            await store.settle(Dead(message.id, "410", NOW))
            await accept(store, order_key="k", accepted_at=NOW + 1)
            await accept(store, priority=0, accepted_at=NOW + 2)
            await accept(store, service="shop", accepted_at=NOW + 9)
            await check(store)
        async with open_spool(tmp_path) as store:
            await check(store)

    asyncio.run(run())


def test_receipts_are_kept_until_they_are_old(tmp_path: Path) -> None:
    async def check() -> None:
        async with open_spool(tmp_path) as store:
            waiting = await accept(store, priority=9)
            done = await accept(store, priority=0)
            await deliver_next(store)
            assert await store.forget(NOW + 1) == 0
            assert await store.forget(NOW + 2) == 1
            assert await store.receipt(done) is None
            assert await standing(store, waiting) is Standing.WAITING

    asyncio.run(check())


def test_a_second_store_cant_have_the_file(tmp_path: Path) -> None:
    async def check() -> None:
        async with open_spool(tmp_path) as store:
            await accept(store)
            with pytest.raises(SpoolUnavailable):
                SqlSpool(tmp_path / "spool.db", SpoolBounds(), 0)

    asyncio.run(check())
