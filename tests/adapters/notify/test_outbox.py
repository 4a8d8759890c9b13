"""Letters that were put arrive, once by their key, whoever else doesn't answer."""

import asyncio
import email
import json
import sqlite3
import stat
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from adapters.notify.killing import kill_again_and_again
from adapters.notify.outbox_process import SETTINGS
from adapters.notify.receivers import receive_mail, receive_posts
from edge.upstream import free_port
from fakes.control import until
from holdfast.adapters.notify import outbox as outbox_module
from holdfast.adapters.notify.letters import rows
from holdfast.adapters.notify.letters.sending import write_message
from holdfast.adapters.notify.outbox import OutboxSettings, SqlOutbox
from holdfast.adapters.notify.settings import NotifySettings, SmtpSettings
from holdfast.model.letter import (
    Channel,
    ChannelKind,
    Letter,
    LetterState,
    LetterStatus,
    Outbox,
    OutboxFull,
    OutboxUnavailable,
)

SENT, FAILED, WAITING = LetterStatus.SENT, LetterStatus.FAILED, LetterStatus.WAITING
DEADLINE_S = 90.0


def mail(key: str, address: str = "ops@acme.example", **more: Any) -> Letter:
    return Letter(key, Channel(ChannelKind.EMAIL, SecretStr(address)), "shop is down", "It is.\n", **more)


def hook_letter(key: str, port: int, path: str = "/", **more: Any) -> Letter:
    channel = Channel(ChannelKind.WEBHOOK, SecretStr(f"http://127.0.0.1:{port}{path}"))
    return Letter(key, channel, "shop is down", "It is.\n", **more)


def smtp(port: int) -> NotifySettings:
    return NotifySettings(smtp=SmtpSettings("127.0.0.1", port, "holdfast@host.example", plain=True))


@asynccontextmanager
async def running(
    path: Path,
    notify: NotifySettings = NotifySettings(),  # noqa: B008 - frozen
    *,
    anywhere: bool = True,
    how: OutboxSettings = SETTINGS,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[SqlOutbox]:
    """An outbox at work."""
    outbox = SqlOutbox(path, notify, clock, anywhere=anywhere, settings=how)
    work = asyncio.create_task(outbox.run())
    try:
        async with asyncio.timeout(DEADLINE_S):
            yield outbox
    finally:
        work.cancel()
        await asyncio.wait([work])
        outbox.close()


async def settled(outbox: Outbox, keys: Sequence[str]) -> dict[str, LetterState]:
    """What became of letters, once none of them waits; who asks while nothing can be written may get no answer."""
    while True:
        try:
            states = await outbox.look_up(keys)
        except OutboxUnavailable:
            states = ()
        if len(states) == len(set(keys)) and all(state.status is not WAITING for state in states):
            return {state.key: state for state in states}
        await breathe()


async def breathe() -> None:
    """Let others have the loop for a moment."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 0.005)


def test_letters_of_every_kind_arrive(tmp_path: Path) -> None:
    async def run(smtp_port: int, hook_port: int) -> dict[str, LetterState]:
        async with running(tmp_path / "outbox.db", smtp(smtp_port)) as outbox:
            apprise = Channel(ChannelKind.APPRISE, SecretStr(f"json://127.0.0.1:{hook_port}/apprise"))
            headers = (("List-Unsubscribe", "<https://status.example/u>"),)
            await outbox.put(
                [
                    mail("a-1", html="<p>It is.</p>", headers=headers),
                    hook_letter("b-1", hook_port),
                    hook_letter("b-2", hook_port, body='{"own": 1}'),
                    Letter("c-1", apprise, "shop is down", "It is.\n"),
                ]
            )
            return await settled(outbox, ["a-1", "b-1", "b-2", "c-1"])

    with receive_mail() as mailbox, receive_posts() as hook:
        states = asyncio.run(run(mailbox.port, hook.port))
    assert {key: (state.status, state.tries, state.error) for key, state in states.items()} == dict.fromkeys(
        ("a-1", "b-1", "b-2", "c-1"), (SENT, 1, None)
    )
    (envelope,) = mailbox.envelopes
    assert isinstance(envelope.content, bytes)
    message = email.message_from_bytes(envelope.content)
    assert (message["To"], message["Subject"]) == ("ops@acme.example", "shop is down")
    assert message["List-Unsubscribe"] == "<https://status.example/u>"
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    by_key = {headers.get("idempotency-key", path): json.loads(body) for path, headers, body in hook.posted}
    assert by_key["b-1"] == {"key": "b-1", "subject": "shop is down", "text": "It is.\n"}
    assert by_key["b-2"] == {"own": 1}
    assert (by_key["/apprise"]["title"], by_key["/apprise"]["message"]) == ("shop is down", "It is.")


def test_a_key_is_sent_once_whoever_puts_it_and_whenever(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"

    async def run(port: int) -> None:
        for _ in range(2):
            async with running(path) as outbox:
                await outbox.put([hook_letter("k-1", port), hook_letter("k-1", port, "/other")])
                await outbox.put([hook_letter("k-1", port), hook_letter("k-2", port)])
                await settled(outbox, ["k-1", "k-2"])

    with receive_posts() as hook:
        asyncio.run(run(hook.port))
    assert sorted((headers["idempotency-key"], path) for path, headers, _ in hook.posted) == [
        ("k-1", "/"),
        ("k-2", "/"),
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_put_while_nothing_runs_is_sent_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"

    async def put(port: int) -> None:
        outbox = SqlOutbox(path, NotifySettings(), time.time, anywhere=True)
        await outbox.put([hook_letter("k-1", port)])
        outbox.close()

    async def send() -> None:
        async with running(path) as outbox:
            await settled(outbox, ["k-1"])

    with receive_posts() as hook:
        asyncio.run(put(hook.port))
        assert hook.posted == []
        asyncio.run(send())
    assert len(hook.posted) == 1


def test_a_target_that_does_not_answer_holds_up_no_other(tmp_path: Path) -> None:
    dead = free_port()

    async def run(port: int) -> None:
        async with running(tmp_path / "outbox.db", smtp(free_port())) as outbox:
            waiting = [hook_letter(f"d-{number}", dead, f"/{number % 20}") for number in range(400)]
            await outbox.put([*waiting, *(mail(f"m-{number}") for number in range(50))])
            live = [f"k-{number}" for number in range(50)]
            await outbox.put([hook_letter(key, port) for key in live])
            states = await settled(outbox, live)
            assert {state.status for state in states.values()} == {SENT}
            await until(lambda: outbox.figures.waiting == 450)
            assert outbox.figures.oldest_s >= 0
            (state,) = await outbox.look_up(["d-0"])
            assert state.error == "the webhook can't be reached: ConnectError"

    with receive_posts() as hook:
        asyncio.run(run(hook.port))


def test_a_letter_that_is_refused_for_good_is_given_up_and_one_for_now_is_not(tmp_path: Path) -> None:
    async def run(port: int) -> dict[str, LetterState]:
        async with running(tmp_path / "outbox.db") as outbox:
            await outbox.put([hook_letter("k-1", port), hook_letter("k-2", port)])
            states = await settled(outbox, ["k-1", "k-2"])
            await until(lambda: outbox.figures.failed)
            assert outbox.figures.failed == {ChannelKind.WEBHOOK: 1}
            return states

    with receive_posts() as hook:
        hook.statuses = [404, 503, 503]
        states = asyncio.run(run(hook.port))
    assert (states["k-1"].status, states["k-1"].error) == (FAILED, "the webhook answered 404")
    assert (states["k-2"].status, states["k-2"].tries, states["k-2"].error) == (SENT, 3, None)


def test_a_letter_that_fails_by_its_own_fault_does_not_starve_its_neighbours(tmp_path: Path) -> None:
    async def run() -> None:
        async with running(tmp_path / "outbox.db") as outbox:
            await outbox.put([hook_letter(f"k-{number}", port) for number in range(5)])
            await settled(outbox, [f"k-{number}" for number in range(1, 5)])
            (state,) = await outbox.look_up(["k-0"])
            assert state.status is WAITING

    with receive_posts(refuse=lambda headers: headers["idempotency-key"] == "k-0") as hook:
        port = hook.port
        asyncio.run(run())


def test_a_letter_that_is_too_late_is_given_up_with_what_was_wrong(tmp_path: Path) -> None:
    dead, now = free_port(), time.time()

    async def run(port: int) -> dict[str, LetterState]:
        async with running(tmp_path / "outbox.db") as outbox:
            await outbox.put(
                [hook_letter("k-1", dead, not_after=now + 0.5), hook_letter("k-2", port, not_after=now - 1)]
            )
            return await settled(outbox, ["k-1", "k-2"])

    with receive_posts() as hook:
        states = asyncio.run(run(hook.port))
    assert states["k-1"].status is states["k-2"].status is FAILED
    assert states["k-1"].error == "not taken in time: the webhook can't be reached: ConnectError"
    assert states["k-2"].error == "not taken in time"
    assert hook.posted == []


def test_what_was_sent_is_not_sent_again_while_that_cannot_be_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, failures = rows.settle_letter, ["disk full"] * 3

    def settle_at_last(*arguments: Any, **more: Any) -> None:
        if failures:
            raise sqlite3.OperationalError(failures.pop())
        settle(*arguments, **more)

    monkeypatch.setattr(rows, "settle_letter", settle_at_last)
    monkeypatch.setattr(outbox_module, "_RECORD_S", 0.01)

    async def run(port: int) -> None:
        async with running(tmp_path / "outbox.db") as outbox:
            await outbox.put([hook_letter("k-1", port)])
            assert (await settled(outbox, ["k-1"]))["k-1"].status is SENT

    with receive_posts() as hook:
        asyncio.run(run(hook.port))
    assert (len(hook.posted), failures) == (1, [])


def test_a_letter_on_its_way_is_waited_for_when_it_stops(tmp_path: Path) -> None:
    path, answering = tmp_path / "outbox.db", threading.Event()

    async def run() -> None:
        async with running(path) as outbox:
            await outbox.put([hook_letter("k-1", hook.port)])
            await until(lambda: hook.posted)
            asyncio.get_running_loop().call_later(0.2, answering.set)
        async with running(path) as outbox:
            assert (await settled(outbox, ["k-1"]))["k-1"].tries == 1

    with receive_posts(refuse=lambda _headers: not answering.wait(DEADLINE_S)) as hook:
        asyncio.run(run())
    assert len(hook.posted) == 1


def test_what_is_cancelled_is_not_sent(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"

    async def run(port: int) -> None:
        outbox = SqlOutbox(path, NotifySettings(), time.time, anywhere=True)
        await outbox.put([hook_letter(key, port) for key in ("i-1:1", "i-1:2", "i-11:1", "I-1:1", "i-1%")])
        await outbox.cancel("i-1:")
        outbox.close()
        async with running(path) as outbox:
            states = await settled(outbox, ["i-1:1", "i-1:2", "i-11:1", "I-1:1", "i-1%"])
        assert [key for key, state in sorted(states.items()) if state.error == "cancelled"] == ["i-1:1", "i-1:2"]

    with receive_posts() as hook:
        asyncio.run(run(hook.port))
    assert sorted(headers["idempotency-key"] for _, headers, _ in hook.posted) == ["I-1:1", "i-1%", "i-11:1"]


def test_more_letters_than_may_wait_are_refused_all_or_none(tmp_path: Path) -> None:
    async def run() -> None:
        how = OutboxSettings(waiting_max=3)
        outbox = SqlOutbox(tmp_path / "outbox.db", NotifySettings(), time.time, anywhere=True, settings=how)
        await outbox.put([mail("k-1"), mail("k-2")])
        with pytest.raises(OutboxFull, match="3 letters wait"):
            await outbox.put([mail("k-3"), mail("k-4")])
        await outbox.put([mail("k-1"), mail("k-2"), mail("k-3")])
        assert {state.key for state in await outbox.look_up(["k-1", "k-2", "k-3", "k-4"])} == {"k-1", "k-2", "k-3"}
        outbox.close()

    asyncio.run(run())


def test_a_stranger_s_webhook_reaches_no_private_network(tmp_path: Path) -> None:
    async def run(port: int) -> dict[str, LetterState]:
        tenants_only = NotifySettings(webhook_networks=(ip_network("127.0.0.0/8"),))
        async with running(tmp_path / "outbox.db", tenants_only, anywhere=False) as outbox:
            apprise = Channel(ChannelKind.APPRISE, SecretStr(f"json://127.0.0.1:{port}/"))
            await outbox.put([hook_letter("k-1", port), Letter("k-2", apprise, "subject", "text")])
            return await settled(outbox, ["k-1", "k-2"])

    with receive_posts() as hook:
        states = asyncio.run(run(hook.port))
    assert states["k-1"].error == "the webhook's host is in a network that notices aren't sent to"
    assert states["k-2"].error == "nothing is sent through Apprise from here"
    assert hook.posted == []


def test_contents_are_erased_once_they_do_not_wait_and_keys_when_they_are_old(tmp_path: Path) -> None:
    path, times = tmp_path / "outbox.db", [1_000.0]

    async def run(smtp_port: int) -> None:
        async with running(path, smtp(smtp_port), clock=lambda: times[0]) as outbox:
            await outbox.put([mail("k-1", "someone@private.example")])
            await settled(outbox, ["k-1"])
            times[0] += SETTINGS.keys_kept_s + 1
            await until(lambda: outbox.figures.waiting == 0)
            while await outbox.look_up(["k-1"]):
                await breathe()

    with receive_mail() as mailbox:
        asyncio.run(run(mailbox.port))
    assert b"private.example" not in path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM contents").fetchone() == (0,)


def test_an_outbox_that_cannot_be_written_says_so_and_goes_on_when_it_can(tmp_path: Path) -> None:
    blocked = tmp_path / "folder"
    blocked.write_text("a file where a folder should be")

    async def run(port: int) -> None:
        async with running(blocked / "outbox.db") as outbox:
            with pytest.raises(OutboxUnavailable):
                await outbox.put([hook_letter("k-1", port)])
            blocked.unlink()
            await outbox.put([hook_letter("k-1", port)])
            await settled(outbox, ["k-1"])

    with receive_posts() as hook:
        asyncio.run(run(hook.port))
    assert len(hook.posted) == 1


def test_a_damaged_outbox_is_put_aside_and_another_begun(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(b"no database" * 1_000)

    async def run(port: int) -> None:
        async with running(path) as outbox:
            await outbox.put([hook_letter("k-1", port)])
            await settled(outbox, ["k-1"])

    with receive_posts() as hook:
        asyncio.run(run(hook.port))
    assert len(hook.posted) == 1
    assert [each.read_bytes()[:11] for each in tmp_path.glob("outbox.db.damaged-*")] == [b"no database"]
    assert "is damaged" in caplog.text


def test_an_outbox_of_a_newer_version_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 9")

    async def run() -> None:
        outbox = SqlOutbox(path, NotifySettings(), time.time, anywhere=True)
        with pytest.raises(OutboxUnavailable, match="has version 9"):
            await outbox.look_up(["k-1"])
        outbox.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    "letter",
    [
        mail(""),
        mail("k 1"),
        mail("k\n1"),
        mail("k" * 201),
        mail("k-1", headers=(("Bcc", "x@y.example"),)),
        mail("k-1", headers=(("List-Unsubscribe", "a\r\nBcc: x@y.example"),)),
        mail("k-1", headers=(("X-A\r\nBcc", "x@y.example"),)),
        mail("k-1", html="x" * 300_000),
        mail("k-1", html="\ud800"),
    ],
)
def test_what_could_never_be_sent_is_not_taken(letter: Letter, tmp_path: Path) -> None:
    async def run() -> None:
        outbox = SqlOutbox(tmp_path / "outbox.db", NotifySettings(), time.time, anywhere=True)
        with pytest.raises(ValueError, match="a letter"):
            await outbox.put([mail("k-0"), letter])
        assert await outbox.look_up(["k-0"]) == []
        outbox.close()

    asyncio.run(run())


@given(subject=st.text(max_size=300), text=st.text(max_size=300), html=st.none() | st.text(max_size=300))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_no_text_of_a_letter_becomes_a_header(subject: str, text: str, html: str | None) -> None:
    channel = Channel(ChannelKind.EMAIL, SecretStr("ops@acme.example"))
    letter = Letter("k-1", channel, subject, text, html=html)
    written = write_message("holdfast@host.example", letter, 1e9).as_bytes()
    read = email.message_from_bytes(written)
    expected = {"from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version", "content-type"}
    assert {name.lower() for name in read} - {"content-transfer-encoding"} == expected
    assert read["To"] == "ops@acme.example"


def test_a_second_copy_bears_the_same_message_id() -> None:
    ids = [write_message("holdfast@host.example", mail(key), 1e9)["Message-ID"] for key in ("i-1:1", "i-1:1", "i-1:2")]
    assert ids[0] == ids[1] != ids[2]


def test_letters_survive_kills(tmp_path: Path) -> None:
    outcome = kill_again_and_again(tmp_path / "outbox.db", kills=4, seed=7)
    assert outcome.put >= 20
    assert outcome.lost == []
    assert outcome.sent_again == []
    assert all(len(ids) == 1 for ids in outcome.message_ids.values())
