"""The pages of the spool: what is kept, dead letters, and what is decided about them."""

import httpx
import pytest

from adapters.console.desk import Desk, post, sign_in
from fakes import kept_messages
from holdfast.model.mitigation import Spool
from holdfast.model.refusal import Refusal, RefusalCode

ACME = "kq2v8Zt0Lw0Yx7m3dPa9RbEu"
GLOBEX = "kq2v8Zt0Lw3Yx7m3dPa9RbEu"


def test_it_shows_what_is_kept_and_also_who_keeps_nothing(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        page = (await browser.get("/console/spool")).text
        order = [page.index(f'id="spooled-{name}-mail"') for name in ("acme", "globex", "wonka", "stark")]
        assert order == sorted(order)
        assert "Spooling" in page
        assert "the upstream fails" in page
        assert "kept open by people" in page
        assert "/spool/services/" not in page
        desk.live.messages.running = False
        page = (await browser.get("/console/spool")).text
        assert "Not running" in page
        assert (await browser.get("/console/spool/dead")).status_code == 503

    desk.browse(look)


def test_an_owner_sees_and_decides_about_its_own(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "olga")
        for path in ("/spool", "/spool/dead", "/spool/dead?service=globex-mail"):
            page = (await browser.get(f"/console{path}")).text
            assert "spooled-globex-mail" not in page
            assert GLOBEX not in page
        for path in (f"/spool/messages/{GLOBEX}", f"/spool/messages/{GLOBEX}/drop"):
            assert (await browser.get(f"/console{path}")).status_code == 404
        assert (await post(browser, f"/spool/messages/{GLOBEX}/drop", {"reason": "x"})).status_code == 404
        assert "customer-0" in (await browser.get(f"/console/spool/messages/{ACME}")).text
        assert (await post(browser, f"/spool/messages/{ACME}/redeliver", {"reason": "mended"})).status_code == 303
        assert (await post(browser, "/spool/services/acme-mail/redeliver", {"reason": "mended"})).status_code == 403

    desk.browse(look)
    assert desk.live.messages.done == [("redeliver", "olga", ACME, "mended")]


@pytest.mark.parametrize(("name", "sees"), [("adm", True), ("olga", True), ("ann", False), ("vic", False)])
def test_content_is_for_admins_and_the_owner(desk: Desk, name: str, sees: bool) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, name)
        page = (await browser.get(f"/console/spool/messages/{ACME}")).text
        assert ("x-customer" in page) is sees
        assert ("0@example" in page) is sees
        assert ("/send?x=" in page) is sees
        assert ("Its content is for admins" in page) is not sees
        assert ("/drop" in page) is (name != "vic")

    desk.browse(look)


@pytest.mark.parametrize(("name", "sees"), [("adm", True), ("olga", True), ("ann", False), ("vic", False)])
def test_a_list_gives_away_no_more_than_a_message(desk: Desk, name: str, sees: bool) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, name)
        page = (await browser.get("/console/spool/dead")).text
        assert "POST /send" in page
        assert ("/send?x=" in page) is sees

    desk.browse(look)


def test_who_may_read_a_message_is_told_when_nobody_can(desk: Desk) -> None:
    dead = desk.live.messages.dead
    dead[ACME] = dead[ACME].model_copy(update={"headers": None, "body": None, "path": None})

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "adm")
        assert "it is damaged" in (await browser.get(f"/console/spool/messages/{ACME}")).text

    desk.browse(look)


def test_a_service_may_go_while_somebody_acts_on_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(author: str, service: str, for_s: float, reason: str) -> Refusal:
        monkeypatch.delitem(kept_messages.DEFERRING, service)
        return Refusal(RefusalCode.NOT_DEFERRED, f"nothing of {service} may be deferred")

    monkeypatch.setattr(desk.live.messages, "open", refuse)

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        answer = await post(browser, "/spool/services/stark-mail/open", {"for": "1h", "reason": "moving"})
        assert (answer.status_code, "may be deferred. Nothing was done." in answer.text) == (422, True)

    desk.browse(look)


@pytest.mark.parametrize("act", ["redeliver", "drop"])
def test_what_is_done_with_a_dead_letter_takes_a_reason(desk: Desk, act: str) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        path = f"/spool/messages/{ACME}/{act}"
        assert (await browser.get(f"/console{path}")).status_code == 200
        without = await post(browser, path, {"reason": " "})
        assert (without.status_code, "Nothing was done." in without.text) == (422, True)
        assert not desk.live.messages.done
        done = await post(browser, path, {"reason": "as agreed"})
        assert (done.status_code, done.headers["location"]) == (303, f"/console/spool/messages/{ACME}")
        assert (await post(browser, f"/spool/messages/{ACME}/redeliver", {"reason": "again"})).status_code == 404

    desk.browse(look)
    assert desk.live.messages.done == [(act, "ann", ACME, "as agreed")]


def test_a_spool_is_kept_open_and_closed_and_its_dead_letters_are_delivered(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        for wrong in ({"for": ""}, {"for": "soon"}, {"for": "1h", "reason": ""}):
            sent = {"reason": "x", **wrong}
            assert (await post(browser, "/spool/services/stark-mail/open", sent)).status_code == 422
        await post(browser, "/spool/services/stark-mail/open", {"for": "1h", "reason": "moving"})
        assert "/spool/services/stark-mail/close" in (await browser.get("/console/spool")).text
        await post(browser, "/spool/services/stark-mail/close", {"reason": "moved"})
        assert "3 dead" in (await browser.get("/console/spool/services/acme-mail/redeliver")).text
        await post(browser, "/spool/services/acme-mail/redeliver", {"reason": "mended"})
        for path in ("/spool/services/nobody/open", "/spool/services/stark-mail/explode", "/spool/messages/none"):
            assert (await browser.get(f"/console{path}")).status_code == 404

    desk.browse(look)
    done = desk.live.messages.done
    assert done[:2] == [("open", "ann", "stark-mail", "3600", "moving"), ("close", "ann", "stark-mail", "moved")]
    assert [each[0] for each in done[2:]] == ["redeliver"] * 3


def test_viewers_do_nothing(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        for path in (f"/spool/messages/{ACME}/drop", "/spool/services/acme-mail/open"):
            assert (await browser.get(f"/console{path}")).status_code == 403
            assert (await post(browser, path, {"reason": "x", "for": "1h"})).status_code == 403

    desk.browse(look)
    assert not desk.live.messages.done


def test_what_the_spool_holds_by_itself_is_shown_without_a_way_to_end_it(desk: Desk) -> None:
    held = desk.live.begin("holdfast", Spool(service="acme-mail"), 60.0, "kept in order", forced=False)
    mine = desk.live.begin("ann", Spool(service="acme-mail"), 60.0, "moving", forced=False)

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        page = (await browser.get("/console/mitigations")).text
        assert f"/mitigations/{held.id}/end" not in page
        assert f"/mitigations/{mine.id}/end" in page

    desk.browse(look)
