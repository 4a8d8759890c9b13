"""A revision on its way, and a freeze, by hand: shown, asked why, done."""

import httpx
import pytest

from adapters.console.desk import Desk, post, sign_in
from fakes.live import HOSTILE


def test_a_rollout_is_shown_with_what_may_be_done(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        for path in ("/", "/history"):
            assert "rolls out" not in (await browser.get(f"/console{path}")).text
        desk.live.rolling.begin(evidence=("search: 3 % of its requests fail",))
        for path in ("/", "/history"):
            page = (await browser.get(f"/console{path}")).text
            assert "Revision 13 rolls out: wave 2 of 5" in page
            assert "48 of 400 services" in page
            assert "search: 3 % of its requests fail" in page
            for act in ("pause", "promote", "abort"):
                assert f'href="/console/changes/{act}"' in page

    desk.browse(look)


def test_without_a_rollout_its_region_takes_no_room(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        assert '<div id="rollout"></div>' in (await browser.get("/console/")).text

    desk.browse(look)


@pytest.mark.parametrize("act", ["pause", "promote", "abort"])
def test_what_is_done_with_a_rollout_takes_a_reason(desk: Desk, act: str) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        assert (await browser.get(f"/console/changes/{act}")).status_code == 404
        desk.live.rolling.begin()
        asked = await browser.get(f"/console/changes/{act}")
        assert asked.status_code == 200
        assert "It is at wave 2 of 5" in asked.text
        without = await post(browser, f"/changes/{act}", {"reason": " "})
        assert without.status_code == 422
        assert "Give a reason. Nothing was done." in without.text
        assert not desk.live.rolling.done
        done = await post(browser, f"/changes/{act}", {"reason": "as agreed"})
        assert (done.status_code, done.headers["location"]) == (303, "/console/")

    desk.browse(look)
    assert desk.live.rolling.done == [(act, "ann", "as agreed")]


def test_a_paused_rollout_is_resumed(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        desk.live.rolling.begin()
        await post(browser, "/changes/pause", {"reason": "lunch"})
        page = (await browser.get("/console/")).text
        assert "Paused: lunch" in page
        assert 'href="/console/changes/resume"' in page
        assert (await post(browser, "/changes/resume", {"reason": ""})).status_code == 303
        assert "Paused" not in (await browser.get("/console/")).text

    desk.browse(look)


def test_what_went_back_says_why(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        desk.live.rolling.begin()
        desk.live.rolling.roll_back(HOSTILE, "search: 3 %")
        page = (await browser.get("/console/")).text
        assert "Revision 13 was rolled back" in page
        assert "search: 3 %" in page
        assert HOSTILE not in page

    desk.browse(look)


def test_changes_are_frozen_and_thawed(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        assert "Freeze changes…" in (await browser.get("/console/history")).text
        assert (await browser.get("/console/changes/thaw")).status_code == 404
        for wrong in ("2 fortnights", "0s", "1000d"):
            again = await post(browser, "/changes/freeze", {"reason": "sale", "for": wrong})
            assert again.status_code == 422
            assert 'value="sale"' in again.text
        assert (await post(browser, "/changes/freeze", {"reason": "sale", "for": "2h"})).status_code == 303
        page = (await browser.get("/console/history")).text
        assert "Changes are frozen" in page
        assert "Freeze changes…" not in page
        assert (await post(browser, "/changes/thaw", {})).status_code == 303
        assert (await post(browser, "/changes/freeze", {"reason": "sale", "for": ""})).status_code == 303
        assert "until somebody ends it" in (await browser.get("/console/")).text

    desk.browse(look)


def test_who_may_only_look_sees_it_and_can_do_nothing(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        desk.live.rolling.begin()
        await sign_in(browser, "vic")
        page = (await browser.get("/console/")).text
        assert "rolls out" in page
        assert "/changes/" not in page
        for act in ("pause", "resume", "promote", "abort", "freeze", "thaw"):
            assert (await browser.get(f"/console/changes/{act}")).status_code == 403
            assert (await post(browser, f"/changes/{act}", {"reason": "hm"})).status_code == 403

    desk.browse(look)
    assert not desk.live.rolling.done


def test_an_owner_sees_nothing_of_it(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        desk.live.rolling.begin()
        await sign_in(browser, "olga")
        page = await browser.get("/console/history")
        assert page.status_code == 200
        assert "rolls out" not in page.text
        assert "Freeze" not in page.text
        assert (await browser.get("/console/changes/abort")).status_code == 403

    desk.browse(look)


def test_there_is_no_other_change(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        assert (await browser.get("/console/changes/undo")).status_code == 404
        assert (await post(browser, "/changes/undo", {"reason": "hm"})).status_code == 404

    desk.browse(look)
