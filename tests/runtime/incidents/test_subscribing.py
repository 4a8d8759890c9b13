"""Subscribers on a real control: they confirm by mail or challenge, and are told once of what concerns them."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

import fakes.subscribers
from adapters.notify.receivers import Hook, Mailbox, receive_mail, receive_posts
from fakes.control import Bench, until
from fakes.incidents import PLATFORM
from fakes.subscribers import (
    SITE_URL,
    SUBSCRIBE_URL,
    Readership,
    find_link,
    path_of,
    read_mail,
    read_text,
    seed_subscribers,
)
from holdfast.engine.incident_command import DraftPost, SetMaintenance
from holdfast.model.incident import Phase
from holdfast.model.maintenance import MaintenancePhase
from holdfast.runtime.incidents.subscribing import notices as subscribing_notices

Check = Callable[[Readership, Mailbox], Awaitable[None]]


def play(folder: Path, check: Check) -> None:
    async def run(mailbox: Mailbox) -> None:
        readership = Readership(folder, mailbox.port)
        async with readership.at_work():
            await check(readership, mailbox)

    with receive_mail() as mailbox:
        asyncio.run(run(mailbox))


async def settle(readership: Readership) -> None:
    """Wait until the outbox is empty."""
    await until(lambda: readership.outbox.figures.waiting == 0, 30)
    seen = readership.outbox.figures
    await until(lambda: readership.outbox.figures is not seen)
    assert readership.outbox.figures.waiting == 0


def test_nothing_but_the_link_is_sent_before_it_is_confirmed(tmp_path: Path) -> None:
    async def check(readership: Readership, mailbox: Mailbox) -> None:
        answer = await readership.browser.post("/subscribers", data={"address": "ann@acme.example"})
        assert (answer.status_code, "Almost there" in answer.text) == (202, True)
        await until(lambda: mailbox.envelopes)
        await readership.open()
        await readership.publish("We are looking into it.")
        await settle(readership)
        (message,) = read_mail(mailbox)
        assert message["Subject"] == "Confirm that you want to hear from Acme"
        link = find_link(message, "confirm")
        assert link.startswith(SUBSCRIBE_URL)
        token = link.rpartition("/")[2].encode()
        assert token not in (tmp_path / "subscribers.db").read_bytes() + (tmp_path / "subscribers.db-wal").read_bytes()
        assert (await readership.browser.get(path_of(link))).text.count("<button") == 1
        assert readership.desk.people.count(readership.bench.now) == ({}, 1)
        assert (await readership.browser.post(path_of(link))).status_code == 200
        assert readership.desk.people.count(readership.bench.now) == ({"email": 1}, 0)
        assert (await readership.browser.post(path_of(link))).status_code == 410
        assert (await readership.browser.get(path_of(link))).status_code == 410

    play(tmp_path, check)


def test_a_published_word_is_told_with_a_way_out(tmp_path: Path) -> None:
    async def check(readership: Readership, mailbox: Mailbox) -> None:
        await readership.subscribe(mailbox, "ann@acme.example")
        await readership.open("Errors of the shop", ("web",))
        await readership.publish("We are looking into it.\n\nMore soon.")
        await until(lambda: mailbox.envelopes)
        (message,) = read_mail(mailbox)
        assert message["Subject"] == "[Acme] Investigating: Errors of the shop"
        leave = message["List-Unsubscribe"].strip("<>")
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        text = read_text(message)
        assert "About: Web shop" in text
        assert f"{SITE_URL}/incidents/i-1.html" in text
        assert leave in text
        assert leave in read_text(message, "html")
        assert (await readership.browser.get(path_of(leave))).text.count("<button") == 1
        assert readership.desk.people.count(0)[0] == {"email": 1}
        one_click = await readership.browser.post(path_of(leave), data={"List-Unsubscribe": "One-Click"})
        assert one_click.status_code == 200
        assert readership.desk.people.count(0)[0] == {}
        assert (await readership.browser.post(path_of(leave))).status_code == 200
        await settle(readership)

    play(tmp_path, check)
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert b"ann@acme" not in kept


def test_drafts_drills_and_what_concerns_others_are_not_told(tmp_path: Path) -> None:
    async def check(readership: Readership, mailbox: Mailbox) -> None:
        await readership.subscribe(mailbox, "ann@acme.example", "mail")
        await readership.open("web only", ("web",))
        await readership.publish("Only the shop.", "i-1")
        await readership.open("a drill", ("mail",), drill=True)
        await readership.publish("Only a drill.", "i-2")
        await readership.open("a draft", ("mail",))
        await readership.tell(DraftPost("ann", "i-3", Phase.INVESTIGATING, "Only a draft."))
        readership.bench.now += 100
        await readership.publish("Both are.", "i-3")
        readership.bench.now += 100
        await readership.look()
        await until(lambda: mailbox.envelopes)
        await settle(readership)
        (message,) = read_mail(mailbox)
        assert "Both are." in read_text(message)

    play(tmp_path, check)


def test_several_words_within_a_minute_are_one_mail(tmp_path: Path) -> None:
    async def check(readership: Readership, mailbox: Mailbox) -> None:
        await readership.subscribe(mailbox, "ann@acme.example")
        await readership.open()
        await readership.publish("First.")
        await until(lambda: mailbox.envelopes)
        for number in range(3):
            readership.bench.now += 10
            await readership.publish(f"Word {number}.")
        await readership.open("Other")
        await readership.publish("Another.", "i-2")
        await settle(readership)
        assert len(mailbox.envelopes) == 1
        readership.bench.now += 31
        await readership.look()
        await until(lambda: len(mailbox.envelopes) == 2)
        await settle(readership)
        message = read_mail(mailbox)[1]
        assert message["Subject"] == "[Acme] Investigating: Errors, and 1 more"
        assert re.findall(r"Word \d|First|Another", read_text(message)) == ["Word 0", "Word 1", "Word 2", "Another"]

    play(tmp_path, check)


def test_after_a_restart_a_mailing_is_gone_on_with_and_nothing_is_told_twice(tmp_path: Path) -> None:
    async def run(mailbox: Mailbox) -> None:
        readership = Readership(tmp_path, mailbox.port)
        async with readership.at_work():
            for number in range(3):
                await readership.subscribe(mailbox, f"reader{number}@acme.example")
            await readership.open()
            await readership.publish("First.")
            await until(lambda: len(mailbox.envelopes) == 3)
            readership.desk.mailings.begin(["i-1/1"], readership.bench.now)
            first = readership.desk.people.list_after("", 1)[0]
            readership.desk.mailings.advance(2, first.id)
        mailbox.envelopes.clear()
        bench = readership.bench
        again = Readership(
            tmp_path,
            mailbox.port,
            Bench(journal=bench.journal, fleet=bench.fleet, check=bench.check, now=bench.now + 5),
        )
        async with again.at_work():
            await until(lambda: len(mailbox.envelopes) == 2)
            await settle(again)
            assert first.channel.address.get_secret_value() not in {str(each["To"]) for each in read_mail(mailbox)}
            assert again.desk.mailings.find_open() is None
        mailbox.envelopes.clear()
        async with again.at_work():
            await settle(again)
        assert mailbox.envelopes == []

    with receive_mail() as mailbox:
        asyncio.run(run(mailbox))


def test_many_are_told_once_each_though_the_outbox_has_less_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = [f"reader{number}@acme.example" for number in range(120)]
    seed_subscribers(tmp_path / "subscribers.db", *readers)
    monkeypatch.setattr(fakes.subscribers, "QUICK", replace(fakes.subscribers.QUICK, waiting_max=60))
    monkeypatch.setattr(subscribing_notices, "PAGE", 30)
    monkeypatch.setattr(subscribing_notices, "RETRY_S", 0.02)

    async def check(readership: Readership, mailbox: Mailbox) -> None:
        await readership.open()
        await readership.publish("First.")
        await until(lambda: len(mailbox.envelopes) == len(readers), 60)
        await settle(readership)
        assert sorted(str(message["To"]) for message in read_mail(mailbox)) == sorted(readers)

    play(tmp_path, check)


def test_announced_work_is_told_as_it_goes_on(tmp_path: Path) -> None:
    async def check(readership: Readership, mailbox: Mailbox) -> None:
        await readership.subscribe(mailbox, "ann@acme.example", "web")
        now = readership.bench.now
        announced = SetMaintenance(
            "ann",
            title="New disks",
            text="Reads go on.",
            components=("web",),
            begins_at=now + 9_000,
            ends_at=now + 9_600,
        )
        steps: list[tuple[SetMaintenance, str]] = [
            (announced, "Maintenance planned: New disks"),
            (SetMaintenance("ann", "w-1", ends_at=now + 9_900), "Maintenance moved: New disks"),
            (SetMaintenance("ann", "w-1", reminders=1), "Maintenance soon: New disks"),
            (SetMaintenance("ann", "w-1", phase=MaintenancePhase.IN_PROGRESS), "Maintenance begun: New disks"),
            (SetMaintenance("ann", "w-1", phase=MaintenancePhase.COMPLETED), "Maintenance over: New disks"),
        ]
        for number, (command, subject) in enumerate(steps, 1):
            readership.bench.now += 100
            await readership.tell(command)
            await until(lambda number=number: len(mailbox.envelopes) == number)
            message = read_mail(mailbox)[-1]
            assert message["Subject"] == f"[Acme] {subject}"
            assert "Reads go on." in read_text(message)
        assert f"{SITE_URL}/maintenance/w-1.html" in read_text(message)

    play(tmp_path, check)


def answer_challenge(body: bytes) -> bytes:
    told = json.loads(body)
    return told["challenge"].encode() if told.get("type") == "challenge" else b""


def test_a_webhook_counts_once_it_answers_and_is_told_in_statuspages_form(tmp_path: Path) -> None:
    with receive_posts(answer=answer_challenge) as hook, receive_posts() as silent:

        async def check(readership: Readership, _mailbox: Mailbox) -> None:
            for each in (hook, silent):
                data = {"address": f"http://127.0.0.1:{each.port}/secret"}
                assert (await readership.browser.post("/subscribers", data=data)).status_code == 202
            await until(lambda: readership.desk.people.count(0)[0] == {"webhook": 1})
            await until(lambda: len(silent.posted) == 1)
            await readership.open("Errors", ("web",))
            await readership.publish("First.")
            await until(lambda: len(hook.posted) == 2)
            readership.bench.now += 61
            await readership.publish("It is over.", phase=Phase.RESOLVED)
            await until(lambda: len(hook.posted) == 3)
            await check_hook(readership, hook)

        play(tmp_path, check)
        assert len(silent.posted) == 1


async def check_hook(readership: Readership, hook: Hook) -> None:
    bodies = [json.loads(body) for _, _, body in hook.posted[1:]]
    assert [body["page"]["status_indicator"] for body in bodies] == ["major", "none"]
    incident = bodies[1]["incident"]
    assert (incident["id"], incident["name"], incident["status"], incident["impact"]) == (
        "i-1",
        "Errors",
        "resolved",
        "major",
    )
    assert [each["body"] for each in incident["incident_updates"]] == ["It is over.", "First."]
    assert incident["components"] == [{"id": "web", "name": "Web shop"}]
    assert incident["resolved_at"] == incident["updated_at"]
    keys = [headers["idempotency-key"] for _, headers, _ in hook.posted]
    assert len(set(keys)) == 3
    assert (await readership.browser.post(path_of(bodies[0]["meta"]["unsubscribe"]))).status_code == 200
    assert readership.desk.people.count(0)[0] == {}


HOSTILE = "<script>alert(1)</script> {{ 7*7 }} é🦊"


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    async def check(readership: Readership, mailbox: Mailbox) -> None:
        await readership.subscribe(mailbox, "ann@acme.example")
        await readership.open(HOSTILE)
        await readership.publish(f"Bcc: x@y.example\n\n{HOSTILE}\n.\nQUIT")
        await until(lambda: mailbox.envelopes)
        (message,) = read_mail(mailbox)
        assert " ".join(message["Subject"].split()) == f"[Acme] Investigating: {HOSTILE}"
        assert (message["Bcc"], message["To"]) == (None, "ann@acme.example")
        assert "<script" not in read_text(message, "html")
        assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in read_text(message, "html")
        assert "QUIT" in read_text(message)

    play(tmp_path, check)


def test_asking_again_and_again_mails_nobody_much_and_says_the_same(tmp_path: Path) -> None:
    async def check(readership: Readership, mailbox: Mailbox) -> None:
        await readership.subscribe(mailbox, "known@acme.example")
        answers = set()
        for _ in range(12):
            readership.bench.now += 120
            for address in ("known@acme.example", "ann@acme.example"):
                answer = await readership.browser.post("/subscribers", data={"address": address})
                answers.add((answer.status_code, answer.text))
        await settle(readership)
        assert len(answers) == 1
        mailed = [str(message["To"]) for message in read_mail(mailbox)]
        assert sorted(mailed) == ["ann@acme.example"] * 3 + ["known@acme.example"] * 3

    play(tmp_path, check)


def test_whoever_did_not_confirm_is_forgotten_and_the_link_is_no_good(tmp_path: Path) -> None:
    async def check(readership: Readership, mailbox: Mailbox) -> None:
        await readership.browser.post("/subscribers", data={"address": "ann@acme.example"})
        await until(lambda: mailbox.envelopes)
        link = find_link(read_mail(mailbox)[0], "confirm")
        readership.bench.now += 86_401
        assert (await readership.browser.get(path_of(link))).status_code == 410
        tending = asyncio.create_task(readership.desk.run())
        await until(lambda: b"ann@acme" not in (tmp_path / "subscribers.db").read_bytes())
        tending.cancel()
        assert readership.desk.figures.asked == 0
        assert (await readership.browser.post(path_of(link))).status_code == 410

    play(tmp_path, check)


def test_a_choice_may_be_changed_by_subscribing_again(tmp_path: Path) -> None:
    async def check(readership: Readership, mailbox: Mailbox) -> None:
        await readership.subscribe(mailbox, "ann@acme.example", "web")
        (before,) = readership.desk.people.list_after("", 10)
        readership.bench.now += 601
        await readership.subscribe(mailbox, "ann@ACME.example", "mail", "unknown")
        (after,) = readership.desk.people.list_after("", 10)
        assert (before.interest.components, after.interest.components) == (("web",), ("mail",))
        assert before.id == after.id

    play(tmp_path, check)


def test_without_a_page_for_subscribers_there_is_none_and_nobody_is_told_later(tmp_path: Path) -> None:
    async def run(mailbox: Mailbox) -> None:
        readership = Readership(tmp_path, mailbox.port)
        async with readership.at_work(PLATFORM):
            assert (await readership.browser.get("/subscribers")).status_code == 404
            assert (await readership.browser.post("/subscribers", data={"address": "a@b.example"})).status_code == 404
            await readership.open()
            await readership.publish("First.")
            assert readership.desk.mailings.list_told() == ["i-1/1"]
            assert readership.desk.mailings.find_open() is None

    with receive_mail() as mailbox:
        asyncio.run(run(mailbox))


@pytest.mark.parametrize(
    "address", ["", "ann", "a b@c.example", "ftp://a.example/", "http://u:p@a.example/", "http://[", "x" * 3_000]
)
def test_what_is_no_address_is_said(address: str, tmp_path: Path) -> None:
    async def check(readership: Readership, _mailbox: Mailbox) -> None:
        answer = await readership.browser.post("/subscribers", data={"address": address})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text

    play(tmp_path, check)
