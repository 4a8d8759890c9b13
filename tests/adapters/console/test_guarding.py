"""What an outsider, another site, or a token of too little power can do: nothing."""

import re

import httpx
import pytest

from adapters.console.desk import OWN, Desk, post, read_csrf, sign_in
from fakes.live import HOSTILE
from holdfast.adapters.console.fields import FIELDS_MAX, FORM_BYTES_MAX

PAGES = (
    "/",
    "/services",
    "/services/acme-shop",
    "/services/globex-graph",
    "/findings",
    "/mitigations",
    "/history",
    "/guards",
    "/explain?id=5d2f7c1e",
    "/mitigate?kind=limit&service=acme-shop",
    "/mitigate?finding=f-3",
    "/mitigations/m-7/end",
    "/failover",
    "/failover/start?service=initech-docs",
    "/failover/start?site=east",
    "/spool",
    "/spool/dead?service=acme-mail",
    "/spool/messages/kq2v8Zt0Lw0Yx7m3dPa9RbEu",
    "/spool/messages/kq2v8Zt0Lw0Yx7m3dPa9RbEu/drop",
    "/spool/services/acme-mail/open",
    "/no-such-page",
)
ACTIONS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/mitigate", {"kind": "kill", "service": "acme-shop", "for": "1m", "reason": "x", "step": "confirm"}),
    ("/mitigations/m-7/end", {}),
    ("/failover/start", {"service": "acme-login", "for": "1h", "reason": "x", "step": "confirm"}),
    ("/spool/messages/kq2v8Zt0Lw3Yx7m3dPa9RbEu/drop", {"reason": "x"}),
    ("/spool/services/acme-mail/open", {"reason": "x", "for": "1h"}),
)


def test_every_answer_binds_the_browser(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        for path in (*PAGES, "/login", "/static/0/console.css", "/static/0/nothing.js"):
            answer = await browser.get(f"/console{path}")
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["x-frame-options"] == "DENY"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"

    desk.browse(look)


def test_pages_hold_no_script_or_style_of_their_own_and_load_nothing_from_elsewhere(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        for path in PAGES:
            html = (await browser.get(f"/console{path}")).text
            assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", html)
            for address in re.findall(r'(?:src|href|action)="([^"]*)"', html):
                assert address.startswith(("/console/", "#")), address

    desk.browse(look)


def test_assets_may_be_kept_for_ever_under_the_address_that_pages_give(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        page = (await browser.get("/console/login")).text
        for address in re.findall(r'="(/console/static/[^"]+)"', page):
            answer = await browser.get(address)
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]

    desk.browse(look)


def test_what_outsiders_sent_is_shown_as_text(desk: Desk) -> None:
    desk.live.hostile = True

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        fields = {"kind": "limit", "service": "acme-shop", "requests": "5/s", "for": "9m", "reason": HOSTILE}
        assert (await post(browser, "/mitigate", {**fields, "step": "confirm"})).status_code == 303
        seen = 0
        for path in (*PAGES, f"/services?search={HOSTILE}", f"/explain?id={HOSTILE}", f"/mitigate?service={HOSTILE}"):
            html = (await browser.get(f"/console{path}")).text
            assert HOSTILE not in html
            assert "<script>alert" not in html
            seen += "&lt;script&gt;alert" in html
        assert seen >= 8
        preview = await post(browser, "/mitigate", {**fields, "step": "preview"})
        assert "&lt;script&gt;alert" in preview.text
        assert "<script>alert" not in preview.text

    desk.browse(look)


@pytest.mark.parametrize(("path", "fields"), ACTIONS)
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.test"},
        {"origin": "null"},
    ],
)
def test_a_form_of_another_site_does_nothing(
    desk: Desk, path: str, fields: dict[str, str], headers: dict[str, str]
) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        sent = {**fields, "csrf": await read_csrf(browser)}
        assert (await browser.post(f"/console{path}", data=sent, headers=headers)).status_code == 403

    desk.browse(look)
    assert not desk.operations.done
    assert "m-7" in desk.live.active
    assert not desk.live.messages.done


@pytest.mark.parametrize(("path", "fields"), ACTIONS)
@pytest.mark.parametrize("csrf", ["", "guess", "é"])
def test_a_form_without_its_sessions_secret_does_nothing(
    desk: Desk, path: str, fields: dict[str, str], csrf: str
) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        answer = await browser.post(f"/console{path}", data={**fields, "csrf": csrf}, headers=OWN)
        assert answer.status_code == 403

    desk.browse(look)
    assert not desk.operations.done
    assert "m-7" in desk.live.active
    assert not desk.live.messages.done


def test_another_site_cannot_sign_anybody_in(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> int:
        sent = await browser.post("/console/login", data={"token": "ann"}, headers={"origin": "https://evil.test"})
        return sent.status_code

    assert desk.browse(look) == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"reason=" + b"x" * FORM_BYTES_MAX, 413),
        ("&".join(f"a{i}=1" for i in range(FIELDS_MAX + 1)).encode(), 400),
        (b"reason=\xff", 400),
    ],
)
def test_forms_are_bounded(desk: Desk, body: bytes, status: int) -> None:
    async def look(browser: httpx.AsyncClient) -> int:
        await sign_in(browser, "ann")
        return (await browser.post("/console/mitigate", content=body, headers=OWN)).status_code

    assert desk.browse(look) == status


@pytest.mark.parametrize("name", ["vic", "olga"])
def test_who_may_not_act_is_offered_nothing_and_refused(desk: Desk, name: str) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, name)
        for path in ("/services/acme-shop", "/findings", "/mitigations", "/failover", "/spool"):
            html = (await browser.get(f"/console{path}")).text
            assert "/mitigate" not in html
            assert "/end" not in html
        for path, fields in ACTIONS:
            refused = {403, 404} if name == "olga" else {403}
            assert (await browser.get(f"/console{path}")).status_code in refused
            assert (await post(browser, path, fields)).status_code in refused

    desk.browse(look)
    assert not desk.operations.done
    assert "m-7" in desk.live.active
    assert not desk.live.messages.done


def test_an_owner_sees_one_tenant_alone(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "olga")
        assert (await browser.get("/console/")).headers["location"] == "/console/services"
        assert (await browser.get("/console/guards")).status_code == 403
        assert (await browser.get("/console/services/globex-api")).status_code == 404
        for path in (
            "/services",
            "/services/acme-shop",
            "/findings",
            "/mitigations",
            "/history",
            "/failover",
            "/spool",
        ):
            html = (await browser.get(f"/console{path}")).text
            assert "acme" in html or path == "/mitigations"
            assert not re.search(r"globex|initech|wayne", html), path

    desk.browse(look)


def test_what_fails_inside_says_nothing_of_it(desk: Desk) -> None:
    desk.live.guards = None  # type: ignore[assignment,method-assign]

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        with pytest.raises(TypeError):
            await browser.get("/console/guards")

    desk.browse(look)
