"""What edges get to see: messages accepted or refused, receipts, and what becomes of bad input."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from fakes.spooler import DEADLINE_S, Client, FrontAtWork, get, post, run_front
from holdfast.model.inner import RECEIPTS_PATH
from holdfast.model.recovery import SpoolBounds
from holdfast.model.spool import Delivered
from holdfast.spooler.front.http import REQUEST_BYTES

Check = Callable[[FrontAtWork, Client], Awaitable[None]]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.to_thread(lambda: None)


def run(folder: Path, check: Check, **settings: object) -> None:
    async def main() -> None:
        async with run_front(folder, **settings) as front:
            client = await front.connect()
            try:
                await check(front, client)
            finally:
                client.close()

    asyncio.run(main())


def test_a_message_is_accepted_and_its_receipt_says_what_became_of_it(tmp_path: Path) -> None:
    async def check(front: FrontAtWork, client: Client) -> None:
        answer = await client.ask(post(b"hi", x_own="1", te="trailers", x_holdfast_inner="spool"))
        assert (answer.status, answer.headers["content-type"]) == (202, "application/json")
        receipt = answer.headers["location"]
        assert receipt == answer.document["receipt"] == RECEIPTS_PATH + answer.document["id"]
        assert answer.document["idempotency_key"] == answer.document["id"]
        (message,) = await front.store.claim("mail", time.time(), 10, 1000)
        assert (message.method, message.host, message.path, message.body) == ("POST", "mail.example", "/x?y", b"hi")
        assert message.headers == (("x-own", "1"),)
        assert (message.tenant, message.route, message.expires_at - message.accepted_at) == ("shop", "send", 86_400)
        assert (await client.ask(get(receipt))).document["state"] == "delivering"
        await front.store.settle(Delivered(message.id, 201, 5.0))
        told = await client.ask(get(receipt))
        assert (told.document["state"], told.document["status"], told.document["settled_at"]) == ("delivered", 201, 5)

    run(tmp_path, check)


def test_the_socket_is_for_its_owner_only(tmp_path: Path) -> None:
    async def check(front: FrontAtWork, client: Client) -> None:
        assert (await client.ask(post())).status == 202
        assert (front.folder / "accept.sock").stat().st_mode & 0o777 == 0o600

    run(tmp_path, check)


def test_a_key_with_another_body_is_a_conflict(tmp_path: Path) -> None:
    async def check(_: FrontAtWork, client: Client) -> None:
        first = await client.ask(post(idempotency_key="k"))
        again = await client.ask(post(idempotency_key="k"))
        assert (again.status, again.document) == (202, first.document)
        other = await client.ask(post(b"other", idempotency_key="k"))
        assert (other.status, other.headers["content-type"]) == (409, "application/problem+json")
        assert (await client.ask(post(idempotency_key="k" * 256))).status == 400

    run(tmp_path, check)


def test_receipts_of_others_and_receipts_that_dont_exist_look_alike(tmp_path: Path) -> None:
    async def check(_: FrontAtWork, client: Client) -> None:
        receipt = (await client.ask(post())).headers["location"]
        others = await client.ask(get(receipt, service="cart"))
        unknown = await client.ask(get(RECEIPTS_PATH + "0" * 40))
        short = await client.ask(get(RECEIPTS_PATH))
        assert others == unknown == short
        assert others.status == 404
        assert (await client.ask(get(receipt, method="DELETE"))).status == 405

    run(tmp_path, check)


def test_a_held_back_message_is_answered_when_the_switch_opens(tmp_path: Path) -> None:
    async def check(front: FrontAtWork, client: Client) -> None:
        front.switch.opened.clear()
        assert (await client.ask(post(route="ordered"))).status == 202, "without a value it has no order"
        await client.send(post(route="ordered", x_account="7"))
        other = await front.connect()
        while not front.switch.held:
            assert (await other.ask(post())).status == 202, "what has no order waits for nothing"
        held = await other.ask(get(RECEIPTS_PATH + front.switch.held[0]))
        assert held.document["state"] == "waiting", "it is durable before it is acknowledged"
        other.close()
        front.switch.opened.set()
        assert (await client.read()).document["id"] == front.switch.held[0]

    run(tmp_path, check)


def test_who_is_held_back_for_too_long_is_told_to_come_back(tmp_path: Path) -> None:
    async def check(front: FrontAtWork, client: Client) -> None:
        front.switch.opened.clear()
        held = await client.ask(post(route="ordered", x_account="7", idempotency_key="k"))
        assert (held.status, held.headers["retry-after"]) == (503, "2")
        front.switch.opened.set()
        again = await client.ask(post(route="ordered", x_account="7", idempotency_key="k"))
        assert (again.status, again.document["id"]) == (202, front.switch.held[0])

    run(tmp_path, check, hold_max_s=0.01)


def test_what_is_full_says_when_to_come_back(tmp_path: Path) -> None:
    async def check(_: FrontAtWork, client: Client) -> None:
        assert (await client.ask(post())).status == 202
        full = await client.ask(post())
        assert (full.status, full.headers["retry-after"]) == (503, "30")
        assert (await client.ask(post(service="cart", route="add"))).status == 202

    run(tmp_path, check, bounds=SpoolBounds(tenant_messages_max=1))


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        pytest.param(post(b"x" * 10_001), 413, id="large"),
        pytest.param(post()[:-5].replace(b"content-length: 5", b"content-length: 99999999999"), 413, id="announced"),
        pytest.param(post(service="none"), 404, id="unknown service"),
        pytest.param(post(route="none"), 404, id="unknown route"),
        pytest.param(post().replace(b"host: mail.example\r\n", b""), 400, id="no host"),
        pytest.param(post(path="http://else/"), 400, id="not a path"),
        pytest.param(b"GARBAGE\r\n\r\n", 400, id="garbage"),
        pytest.param(post().replace(b"content-length: 5", b"content-length: -5"), 400, id="negative length"),
        pytest.param(post(upgrade="websocket", connection="upgrade"), 400, id="upgrade"),
        pytest.param(post(transfer_encoding="chunked"), 400, id="two lengths"),
        pytest.param(get(RECEIPTS_PATH + "0" * 40)[:-2] + b"content-length: 1\r\n\r\nx", 413, id="receipt with a body"),
        pytest.param(post(route="ordered", x_account="k" * 2000), 400, id="long order"),
    ],
)
def test_bad_input_is_told_what_is_wrong(tmp_path: Path, raw: bytes, status: int) -> None:
    async def check(front: FrontAtWork, client: Client) -> None:
        answer = await client.ask(raw)
        assert answer.status == status
        if status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.document["status"] == status
            assert not (await front.store.figures()).backlogs
        assert not front.front.receiving.total

    run(tmp_path, check)


def test_an_endless_body_is_cut_off_and_held_nowhere(tmp_path: Path) -> None:
    async def check(front: FrontAtWork, client: Client) -> None:
        await client.send(post()[:-5].replace(b"content-length: 5", b"transfer-encoding: chunked"))
        sending = asyncio.ensure_future(_send_always(client, b"400\r\n" + bytes(1024) + b"\r\n"))
        assert (await client.read()).status == 413
        assert await client.is_closed()
        sending.cancel()
        assert not front.front.receiving.total

    run(tmp_path, check)


def test_an_endless_head_is_cut_off(tmp_path: Path) -> None:
    async def check(_: FrontAtWork, client: Client) -> None:
        await client.send(b"POST / HTTP/1.1\r\nx-a: ")
        sending = asyncio.ensure_future(_send_always(client, b"a" * 4096))
        assert (await client.read()).status == 431
        assert await client.is_closed()
        sending.cancel()

    run(tmp_path, check)


async def _send_always(client: Client, data: bytes) -> None:
    try:
        while True:
            await client.send(data)
    except ConnectionError:
        return


def test_bodies_of_all_connections_together_are_bounded(tmp_path: Path) -> None:
    async def check(front: FrontAtWork, client: Client) -> None:
        await client.send(post(bytes(9000))[:-1])
        await until(lambda: front.front.receiving.total > REQUEST_BYTES + 8999)
        other = await front.connect()
        refused = await other.ask(post(bytes(2000)))
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        tenant = await front.connect()
        assert (await tenant.ask(post(bytes(2000), service="cart", route="add"))).status == 202, (
            "others have their share"
        )
        tenant.close()
        await client.send(b"\0")
        assert (await client.read()).status == 202
        other.close()
        third = await front.connect()
        assert (await third.ask(post(bytes(2000)))).status == 202
        third.close()

    run(tmp_path, check, receiving_max=36_000)


def test_what_nobody_waits_for_any_more_is_bounded_too(tmp_path: Path) -> None:
    async def check(front: FrontAtWork, client: Client) -> None:
        front.switch.opened.clear()
        for count in range(1, 5):
            sender = await front.connect()
            await sender.send(post(b"", route="ordered", x_account=str(count)))
            await until(lambda: len(front.switch.held) == count)  # noqa: B023 - called here and now
            sender.close()
        await until(lambda: len(front.front.connections) <= 1)
        refused = await client.ask(post())
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        tenant = await front.connect()
        assert (await tenant.ask(post(service="cart", route="add"))).status == 202, "others have their share"
        front.switch.opened.set()
        await until(lambda: not front.front.receiving.total)
        assert (await tenant.ask(post())).status == 202
        tenant.close()

    run(tmp_path, check, receiving_max=9 * REQUEST_BYTES)


def test_connections_are_bounded(tmp_path: Path) -> None:
    async def check(front: FrontAtWork, client: Client) -> None:
        assert (await client.ask(post())).status == 202
        other = await front.connect()
        assert (await other.read()).status == 503
        assert await other.is_closed()
        other.close()

    run(tmp_path, check, connections_max=1)


def test_whoever_doesnt_wait_for_answers_is_cut_off(tmp_path: Path) -> None:
    async def check(front: FrontAtWork, client: Client) -> None:
        front.switch.opened.clear()
        await client.send(post(route="ordered", x_account="1"))
        async with asyncio.timeout(20):
            while not front.switch.held:
                await asyncio.to_thread(lambda: None)
        await client.send(post())
        assert await client.is_closed()

    run(tmp_path, check)


def test_what_is_sent_right_behind_a_request_is_not_taken_for_it(tmp_path: Path) -> None:
    async def check(front: FrontAtWork, client: Client) -> None:
        answer = await client.ask(post(b"one", path="/one") + post(b"two", path="/two"))
        assert (answer.status, answer.headers["connection"]) == (202, "close")
        assert await client.is_closed()
        other = await front.connect()
        assert (await other.ask(post(b"three") + b"\0GARBAGE")).status == 202
        assert await other.is_closed()
        other.close()
        messages = await front.store.claim("mail", time.time(), 10, 1000)
        assert [(message.path, message.body) for message in messages] == [("/one", b"one"), ("/x?y", b"three")]

    run(tmp_path, check)


def test_settings_may_change_while_it_runs(tmp_path: Path) -> None:
    async def check(front: FrontAtWork, client: Client) -> None:
        front.front.take_settings(front.front.handler.settings.model_copy(update={"services": {}}))
        assert (await client.ask(post())).status == 404

    run(tmp_path, check)
