"""Changes planned, and put in force, on the console."""

import re
from html import unescape

import httpx
import pytest

from adapters.console.desk import OWN, Desk, post, sign_in
from fakes.plans import make_plan
from holdfast.model.refusal import Refusal, RefusalCode

TEXT = "holdfast: 1\r\nname: small\r\n"
BOTH = {"confirm-requests-lost": "on", "confirm-limit-below-usual": "on"}


def read_text(page: httpx.Response) -> str:
    found = re.search(r'<textarea name="text" hidden[^>]*>\n(.*?)</textarea>', page.text, re.DOTALL)
    assert found
    return unescape(found[1])


def test_a_plan_shows_all_that_would_change(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        page = await post(browser, "/plan", {"text": TEXT})
        assert page.status_code == 200
        for shown in ("must be confirmed first", "requests-lost".replace("-", " "), "412 requests/s", "500/s", "200/s"):
            assert shown in page.text
        assert "against revision 7" in page.text
        assert "<script>" not in page.text
        assert read_text(page) == "holdfast: 1\nname: small\n"

    desk.browse(look)
    assert desk.operations.planned == [("holdfast: 1\nname: small\n", "console", ())]
    assert desk.operations.proposed == []


def test_what_is_confirmed_goes_in_force(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        page = await post(browser, "/plan", {"text": TEXT})
        fields = {"text": read_text(page), "step": "apply", "reason": "spring", **BOTH}
        done = await post(browser, "/plan", fields)
        assert (done.status_code, done.headers["location"]) == (303, "/console/history")

    desk.browse(look)
    codes = tuple(danger.code for danger in make_plan().dangers)
    assert desk.operations.proposed == [("ann", "holdfast: 1\nname: small\n", "console", "spring", codes)]


def test_what_is_not_confirmed_is_asked_again(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        page = await post(browser, "/plan", {"text": TEXT, "step": "apply", "confirm-requests-lost": "on"})
        assert page.status_code == 422
        assert "Something must be confirmed yet" in page.text
        checked = re.findall(r'name="confirm-([a-z-]+)"( checked)?', page.text)
        assert checked == [("limit-below-usual", ""), ("requests-lost", " checked")]

    desk.browse(look)
    assert desk.operations.proposed == []


def test_viewers_plan_and_change_nothing(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        page = await post(browser, "/plan", {"text": TEXT})
        assert (page.status_code, "412 requests/s" in page.text) == (200, True)
        assert "put in force" not in page.text
        refused = await post(browser, "/plan", {"text": TEXT, "step": "apply", **BOTH})
        assert refused.status_code == 403

    desk.browse(look)
    assert desk.operations.proposed == []


def test_owners_plan_nothing(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "olga")
        assert (await browser.get("/console/plan")).status_code == 403
        assert (await post(browser, "/plan", {"text": TEXT})).status_code == 403
        assert ">Plan<" not in (await browser.get("/console/services")).text

    desk.browse(look)
    assert desk.operations.planned == []


@pytest.mark.parametrize("fields", [{}, {"text": "  "}])
def test_without_a_file_nothing_is_planned(desk: Desk, fields: dict[str, str]) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        page = await post(browser, "/plan", fields)
        assert (page.status_code, "Paste a platform file" in page.text) == (422, True)

    desk.browse(look)
    assert desk.operations.planned == []


def test_a_refusal_is_told_and_the_file_stays(desk: Desk) -> None:
    desk.operations.refusal = Refusal(RefusalCode.BUSY, "another plan is being made; try again")

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        page = await post(browser, "/plan", {"text": TEXT})
        assert (page.status_code, "another plan is being made" in page.text) == (422, True)
        assert "name: small" in page.text

    desk.browse(look)


def test_a_form_of_another_site_and_one_that_is_too_large_are_refused(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        page = await browser.post("/console/plan", data={"text": TEXT}, headers=OWN)
        assert page.status_code == 403
        page = await post(browser, "/plan", {"text": "x" * (8 * 1024 * 1024)})
        assert page.status_code == 413

    desk.browse(look)
    assert desk.operations.planned == []
