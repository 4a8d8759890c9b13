"""Incidents at the console: who may see and do what, and what is told where it can't be done."""

from html import unescape

import httpx
import pytest

from adapters.console.desk import Desk, post, sign_in
from fakes.live import HOSTILE
from holdfast.adapters.console.field_reader import read_names, read_time, write_time
from holdfast.model.incident import Impact, Phase, PostStatus
from holdfast.model.maintenance import MaintenancePhase
from holdfast.model.refusal import Refusal, RefusalCode

SCREENS = ("/incidents", "/incidents/i-2", "/follow-ups", "/maintenance", "/on-call")
FORMS = (
    "/incidents/open",
    "/incidents/i-2/acknowledge",
    "/incidents/i-2/note",
    "/incidents/i-2/change",
    "/incidents/i-2/promise",
    "/incidents/i-2/posts/new",
    "/incidents/i-2/posts/2",
    "/follow-ups/u-1",
    "/maintenance/announce",
    "/maintenance/w-1",
    "/maintenance/w-1/begin",
)
CHANGE = {
    "phase": "investigating",
    "impact": "major",
    "title": "Surge of acme-shop in fra",
    "public_title": "Increased latency in Europe",
    "components": "shopping",
    "regions": "europe",
    "services": "acme-shop",
    "drill": "no",
    "reason": "now I know",
}


def test_a_viewer_sees_everything_and_does_nothing(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        for path in SCREENS:
            page = await browser.get(f"/console{path}")
            assert page.status_code == 200, path
            assert "…</a>" not in page.text, path
            assert "/note" not in page.text
        for path in FORMS:
            assert (await browser.get(f"/console{path}")).status_code == 403, path
            assert (await post(browser, path, {"text": "x"})).status_code == 403, path

    desk.browse(look)
    assert desk.live.book.events[-1].author == "ann"


def test_a_tenants_owner_sees_none_of_it(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "olga")
        for path in (*SCREENS, *FORMS, "/incidents/i-1/postmortem.html"):
            assert (await browser.get(f"/console{path}")).status_code == 403, path
        assert "/console/incidents" not in (await browser.get("/console/services")).text

    desk.browse(look)


def test_what_isnt_there_isnt_found(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        for path in (
            "/incidents/i-99",
            "/incidents/nonsense",
            "/incidents/i-99/change",
            "/incidents/i-2/posts/1",
            "/incidents/i-2/posts/x",
            "/follow-ups/u-99",
            "/maintenance/w-99",
            "/maintenance/w-1/complete",
            "/incidents/i-99/postmortem.html",
            "/incidents/i-1/postmortem.pdf",
        ):
            assert (await browser.get(f"/console{path}")).status_code == 404, path

    desk.browse(look)


def test_an_incident_is_changed_by_what_differs_only(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        form = await browser.get("/console/incidents/i-2/change")
        began = form.text.partition('name="began_at" value="')[2].partition('"')[0]
        changed = await post(browser, "/incidents/i-2/change", {**CHANGE, "began_at": began, "impact": "critical"})
        assert changed.headers["location"] == "/console/incidents/i-2"

    desk.browse(look)
    incident = desk.live.book.state.incidents["i-2"].incident
    assert (incident.impact, incident.phase) == (Impact.CRITICAL, Phase.INVESTIGATING)


def test_what_others_changed_meanwhile_isnt_set_back(desk: Desk) -> None:
    """The form tells what it showed: only what was changed in it is sent on."""

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        shown = {f"was-{name}": value for name, value in CHANGE.items() if name != "reason"}
        sent = {**CHANGE, **shown, "was-phase": "identified", "phase": "identified", "impact": "minor"}
        answer = await post(browser, "/incidents/i-2/change", {**sent, "began_at": "", "was-began_at": ""})
        assert answer.status_code == 303, answer.text

    desk.browse(look)
    incident = desk.live.book.state.incidents["i-2"].incident
    assert (incident.impact, incident.phase) == (Impact.MINOR, Phase.INVESTIGATING)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"reason": ""}, "Say why. Everyone here will see it."),
        ({"title": ""}, "This can't be empty."),
        ({"impact": "awful"}, "Input should be"),
        ({"components": "No Such"}, "String should match pattern"),
        ({"components": "nowhere"}, "no component nowhere"),
        ({"began_at": "soon"}, "Write a time in UTC"),
        ({"impact": "minor", "title": "x" * 201}, "at most 200 characters"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_is_kept(desk: Desk, wrong: dict[str, str], told: str) -> None:
    async def look(browser: httpx.AsyncClient) -> str:
        await sign_in(browser, "ann")
        sent = {**CHANGE, "public_title": "What I typed", **wrong}
        if "began_at" not in wrong:
            sent["was-began_at"] = ""
        answer = await post(browser, "/incidents/i-2/change", sent)
        assert answer.status_code == 422
        return unescape(answer.text)

    text = desk.browse(look)
    assert told in text
    assert 'value="What I typed"' in text


def test_nothing_changed_is_told(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> str:
        await sign_in(browser, "ann")
        answer = await post(browser, "/incidents/i-2/change", {**CHANGE, "was-began_at": ""})
        assert answer.status_code == 422
        return str(answer.text)

    assert "Nothing is otherwise than it was." in desk.browse(look)


def test_words_are_kept_published_and_thrown_away(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        draft = {"text": "More is known.\r\nSoon more.", "phase": "monitoring", "do": "draft"}
        assert (await post(browser, "/incidents/i-2/posts/2", draft)).status_code == 303
        kept = desk.live.book.state.incidents["i-2"].posts[1]
        assert (kept.text, kept.status) == ("More is known.\nSoon more.", PostStatus.DRAFT)
        assert (await post(browser, "/incidents/i-2/posts/2", {"do": "discard"})).status_code == 303
        assert (await post(browser, "/incidents/i-2/posts/2", {"do": "discard"})).status_code == 404
        assert (await post(browser, "/incidents/i-2/posts/new", {**draft, "do": "publish"})).status_code == 303
        for wrong, told in (
            ({"text": ""}, "Write what people are to read."),
            ({"phase": "done"}, "'done' is not a valid Phase."),
            ({"do": "shout"}, "Choose what to do with it."),
        ):
            answer = await post(browser, "/incidents/i-2/posts/new", {**draft, **wrong})
            assert answer.status_code == 422
            assert told in unescape(answer.text)

    desk.browse(look)
    record = desk.live.book.state.incidents["i-2"]
    assert [post.status for post in record.posts] == [
        PostStatus.PUBLISHED,
        PostStatus.DISCARDED,
        PostStatus.PUBLISHED,
    ]
    assert record.incident.phase is Phase.MONITORING


def test_a_promise_given_up_takes_a_reason(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        promise = {"text": "an alert for slow search", "owner": "ann", "due": "2099-01-01", "do": "drop"}
        answer = await post(browser, "/follow-ups/u-2", promise)
        assert answer.status_code == 422
        assert "Say why it is given up." in answer.text
        assert (await post(browser, "/follow-ups/u-2", {**promise, "reason": "not needed"})).status_code == 303
        assert (await post(browser, "/follow-ups/u-2", {**promise, "do": "open"})).status_code == 303

    desk.browse(look)
    kept = desk.live.book.state.follow_ups["u-2"]
    assert (kept.dropped, kept.done_at) == (False, None)


def test_work_is_begun_and_ended_by_hand(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        assert (await post(browser, "/maintenance/w-2/complete", {"reason": "early"})).status_code == 303
        assert (await post(browser, "/maintenance/w-2/complete", {"reason": "again"})).status_code == 404
        assert (await post(browser, "/maintenance/w-1/begin", {})).status_code == 303

    desk.browse(look)
    phases = [each.phase for each in desk.live.book.state.maintenances.values()]
    assert phases == [MaintenancePhase.IN_PROGRESS, MaintenancePhase.COMPLETED]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/incidents/open", {"title": "typed", "impact": "minor"}),
        ("/incidents/i-2/acknowledge", {}),
        ("/incidents/i-2/note", {"text": "typed"}),
        ("/incidents/i-2/change", {**CHANGE, "title": "typed", "was-began_at": ""}),
        ("/incidents/i-2/posts/new", {"text": "typed", "phase": "identified", "do": "publish"}),
        ("/incidents/i-2/promise", {"text": "typed", "owner": "bob", "due": "2099-01-01"}),
        ("/follow-ups/u-1", {"text": "typed", "owner": "bob", "due": "2099-01-01"}),
        ("/maintenance/announce", {"title": "typed", "begins_at": "2099-01-01 10:00", "for": "1h"}),
        ("/maintenance/w-1", {"title": "typed", "begins_at": "2099-01-01 10:00", "for": "1h"}),
        ("/maintenance/w-1/cancel", {"reason": "typed"}),
    ],
)
def test_a_refusal_of_control_is_shown_and_nothing_typed_is_lost(desk: Desk, path: str, fields: dict[str, str]) -> None:
    desk.live.book.refusal = Refusal(RefusalCode.BUSY, "there is too much <already>")

    async def look(browser: httpx.AsyncClient) -> str:
        await sign_in(browser, "ann")
        answer = await post(browser, path, fields)
        assert answer.status_code == 422
        return str(answer.text)

    text = desk.browse(look)
    assert "There is too much &lt;already&gt;. Nothing was done." in text
    assert "typed" in text or not fields


def test_forms_of_other_sites_do_nothing(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        before = len(desk.live.book.events)
        for path in FORMS:
            for site in ("cross-site", "same-origin"):
                answer = await browser.post(f"/console{path}", data={"csrf": "x"}, headers={"sec-fetch-site": site})
                assert answer.status_code == 403, path
        assert len(desk.live.book.events) == before

    desk.browse(look)


def test_what_outsiders_wrote_is_escaped(desk: Desk) -> None:
    desk.live.hostile = True

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        for path in (*SCREENS, *FORMS, "/", "/incidents/i-1", "/incidents/i-3"):
            page = await browser.get(f"/console{path}")
            assert HOSTILE not in page.text, path
        assert "&lt;script&gt;" in (await browser.get("/console/incidents/i-2")).text

    desk.browse(look)


def test_a_postmortem_is_a_document_of_no_origin(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        page = await browser.get("/console/incidents/i-1/postmortem.html?public=1")
        policy = page.headers["content-security-policy"]
        assert "sandbox" in policy
        assert "script-src" not in policy
        assert page.headers["x-frame-options"] == "DENY"
        text = await browser.get("/console/incidents/i-1/postmortem.md")
        assert text.headers["content-disposition"] == 'attachment; filename="postmortem-i-1.md"'

    desk.browse(look)


def test_names_and_times_are_read_as_people_write_them() -> None:
    assert read_names(" shop, search  shop\nmail ") == ("shop", "search", "mail")
    for text in ("2026-11-23 02:00", "2026-11-23T02:00Z", "2026-11-23 02:00 UTC", "2026-11-23 03:00+01:00"):
        assert write_time(read_time(text)) == "2026-11-23 02:00"
    assert write_time(read_time("2026-11-23 02:00:07")) == "2026-11-23 02:00:07"
    for text in ("soon", "2026-13-01", "0000-01-01 00:00"):
        with pytest.raises(ValueError, match="Write a time in UTC"):
            read_time(text)
