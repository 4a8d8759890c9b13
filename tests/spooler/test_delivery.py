"""What waits is delivered: in order, by priority, again where it must be, and never to nobody's knowledge."""

import asyncio
import time

import pytest

from fakes.inner_edge import Answer, Sent
from holdfast.model.spool import Standing
from spooler.delivering import AtWork, deliver


def test_it_is_sent_as_the_client_sent_it_with_its_key_and_for_the_inner_listener() -> None:
    async def check(work: AtWork) -> None:
        message_id = await work.accept("/send?a=1", idempotency_key="k-1", body=b"\x00body", headers=(
            ("x-own", "1"), ("x-forwarded-for", "203.0.113.9"), ("idempotency-key", "k-1"),
        ))  # fmt: skip
        receipt = await work.settled(message_id)
        assert (receipt.standing, receipt.status) == (Standing.DELIVERED, 200)
        (sent,) = work.edge.sent
        assert (sent.path, sent.body) == ("/send?a=1", b"\x00body")
        assert sent.headers == {
            "host": "mail.example", "x-own": "1", "x-forwarded-for": "203.0.113.9", "idempotency-key": "k-1",
            "x-holdfast-inner": "spool", "content-length": "5",
        }  # fmt: skip

    deliver(check)


def test_without_a_key_of_the_clients_own_it_has_the_messages() -> None:
    async def check(work: AtWork) -> None:
        message_id = await work.accept("/send")
        await work.settled(message_id)
        assert work.edge.sent[0].headers["idempotency-key"] == message_id

    deliver(check)


def test_what_bears_the_same_order_is_delivered_in_it_even_if_the_first_fails_at_first() -> None:
    async def check(work: AtWork) -> None:
        failures = {"/1": 2, "/3": 1}

        def answer(sent: Sent) -> Answer | None:
            failures[sent.path] = failures.get(sent.path, 0) - 1
            return (503, {}) if failures[sent.path] >= 0 else (200, {})

        work.edge.answer = answer
        ids = [await work.accept(f"/{n}", order_key="c") for n in range(1, 5)]
        for message_id in ids:
            assert (await work.settled(message_id)).standing is Standing.DELIVERED
        taken = [path for n, path in enumerate(work.edge.paths) if path not in work.edge.paths[n + 1 :]]
        assert taken == ["/1", "/2", "/3", "/4"]

    deliver(check)


def test_what_is_more_urgent_is_delivered_first() -> None:
    async def keep(work: AtWork) -> None:
        for n in range(60):
            await work.accept(f"/slow/{n}", priority=9)
        for n in range(60):
            await work.accept(f"/soon/{n}", priority=0)

    async def check(work: AtWork) -> None:
        await work.edge.until(lambda: len(work.edge.sent) == 120)
        assert {path.split("/")[1] for path in work.edge.paths[:60]} == {"soon"}

    deliver(check, before=keep)


@pytest.mark.parametrize("status", [400, 403, 409, 422])
def test_what_the_upstream_refuses_for_good_is_a_dead_letter_at_once(status: int) -> None:
    async def check(work: AtWork) -> None:
        work.edge.answer = lambda _: (status, {})
        receipt = await work.settled(await work.accept("/send"))
        assert (receipt.standing, receipt.why) == (Standing.DEAD, f"HTTP {status}")
        assert len(work.edge.sent) == 1

    deliver(check)


def test_a_dead_letter_holds_up_nobody_and_is_delivered_when_somebody_says_so() -> None:
    async def check(work: AtWork) -> None:
        work.edge.answer = lambda sent: (422 if sent.path == "/bad" else 200, {})
        bad, good = await work.accept("/bad", order_key="c"), await work.accept("/good", order_key="c")
        assert (await work.settled(good)).standing is Standing.DELIVERED
        assert await work.standing(bad) is Standing.DEAD
        work.edge.answer = lambda _: (200, {})
        await work.store.redeliver(bad, time.time(), time.time() + 60)
        await work.until_receipt(bad, lambda receipt: receipt.standing is Standing.DELIVERED)

    deliver(check)


def test_what_its_route_declares_to_be_no_answer_is_tried_again() -> None:
    async def check(work: AtWork) -> None:
        work.edge.answer = lambda _: (404 if len(work.edge.sent) == 1 else 200, {})
        assert (await work.settled(await work.accept("/send"))).status == 200

    deliver(check)


def test_attempts_that_fail_are_counted_and_those_that_we_hold_up_are_not() -> None:
    async def check(work: AtWork) -> None:
        causes = ["kill", "read-only", "limit.service", "upstream.unreachable", None]

        def answer(_: Sent) -> Answer:
            cause = causes[min(len(work.edge.sent), len(causes)) - 1]
            return (503, {"x-holdfast-cause": cause}) if cause else (200, {})

        work.edge.answer = answer
        receipt = await work.settled(await work.accept("/send"))
        assert (receipt.standing, receipt.attempts, len(work.edge.sent)) == (Standing.DELIVERED, 1, 5)

    deliver(check)


def test_an_answer_that_breaks_off_counts_for_nothing_and_has_the_same_key_again() -> None:
    async def check(work: AtWork) -> None:
        work.edge.answer = lambda _: None if len(work.edge.sent) == 1 else (200, {})
        receipt = await work.settled(await work.accept("/send"))
        assert (receipt.standing, receipt.attempts) == (Standing.DELIVERED, 0)
        assert len({sent.headers["idempotency-key"] for sent in work.edge.sent}) == 1

    deliver(check)


def test_while_we_hold_it_up_it_grows_no_older() -> None:
    async def check(work: AtWork) -> None:
        work.edge.answer = lambda _: (503, {"x-holdfast-cause": "kill"})
        message_id = await work.accept("/send", expires_at=time.time() + 1.0)
        before = await work.until_receipt(message_id, lambda _: True)
        after = await work.until_receipt(message_id, lambda receipt: receipt.expires_at > before.expires_at + 0.5)
        assert after.standing in {Standing.WAITING, Standing.DELIVERING}
        work.edge.answer = lambda _: (200, {})
        assert (await work.settled(message_id)).standing is Standing.DELIVERED

    deliver(check)


def test_what_isnt_delivered_in_time_is_a_dead_letter() -> None:
    async def check(work: AtWork) -> None:
        work.edge.answer = lambda _: (500, {})
        receipt = await work.settled(await work.accept("/send", expires_at=time.time() + 0.5))
        assert (receipt.standing, receipt.why) == (Standing.DEAD, "not delivered in time")

    deliver(check)


def test_without_an_edge_it_waits_for_one() -> None:
    async def check(work: AtWork) -> None:
        await work.edge.stop()
        message_id = await work.accept("/send")
        lane = work.delivery.lanes
        async with asyncio.timeout(20):
            while "mail" not in lane or not lane["mail"].held_up:
                await work.store.figures()
        await work.edge.start()
        assert (await work.settled(message_id)).attempts == 0

    deliver(check)


def test_one_at_a_time_is_sent_at_first_and_more_as_it_goes_well() -> None:
    async def keep(work: AtWork) -> None:
        await asyncio.gather(*(work.accept(f"/{n}") for n in range(1_500)))
        work.edge.work_s = 0.002

    async def check(work: AtWork) -> None:
        await work.edge.until(lambda: len(work.edge.sent) >= 10)
        assert work.edge.in_flight_max == 1
        await work.edge.until(lambda: len(work.edge.sent) == 1_500)
        assert work.edge.in_flight_max > 2
        assert len(set(work.edge.paths)) == 1_500

    deliver(check, before=keep)
