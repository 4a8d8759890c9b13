"""Sessions: who gets one, what its cookie is, and when it ends."""

import httpx
import pytest

from adapters.console.desk import OWN, Desk, post, sign_in
from fakes.live_commands import FakeTokens
from holdfast.adapters.console.sessions import IDLE_S, LIFE_S, SESSIONS_MAX, SESSIONS_PER_TOKEN_MAX, SessionStore
from holdfast.adapters.console.throttle import ADDRESSES_MAX, ATTEMPTS_MAX, RECOVERY_S, LoginThrottle
from holdfast.model.token import Role, Token


def test_whoever_is_not_signed_in_sees_the_login_page_alone(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        for path in ("/", "/services", "/services/acme-shop", "/guards", "/mitigate", "/explain", "/no-such-page"):
            answer = await browser.get(f"/console{path}")
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/console/login?next=")
            assert "acme" not in answer.text
        for path in ("/mitigate", "/logout", "/explain", "/mitigations/m-7/end"):
            assert (await browser.post(f"/console{path}", headers=OWN)).status_code == 401
        stream = await browser.get("/console/", headers={"accept": "text/event-stream"})
        assert stream.status_code == 401

    desk.browse(look)


def test_a_token_opens_a_session_with_a_strict_cookie(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        answer = await browser.post("/console/login?next=/services%3Fpage%3D2", data={"token": "ann"}, headers=OWN)
        assert answer.headers["location"] == "/console/services?page=2"
        cookie = answer.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=strict", "Path=/console"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
        assert "ann" not in cookie
        page = await browser.get("/console/")
        assert page.status_code == 200
        assert "acme-shop" in page.text

    desk.browse(look)


def test_over_https_the_cookie_is_secure(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> str:
        answer = await browser.post("/console/login", data={"token": "ann"}, headers=OWN)
        return answer.headers["set-cookie"]

    assert "Secure" in desk.browse(look, "https://holdfast.test")


@pytest.mark.parametrize(
    "wanted", ["//evil.test/", "https://evil.test/", "/\\evil.test", "javascript:alert(1)", "/a\nb"]
)
def test_nobody_is_led_elsewhere_after_signing_in(desk: Desk, wanted: str) -> None:
    async def look(browser: httpx.AsyncClient) -> str:
        answer = await browser.post("/console/login", params={"next": wanted}, data={"token": "ann"}, headers=OWN)
        return answer.headers["location"]

    assert desk.browse(look) == "/console/"


def test_a_link_from_another_site_finds_its_way_without_signing_in_again(desk: Desk) -> None:
    """Strict cookies don't come with such a link; the page then asks for itself again."""

    async def look(browser: httpx.AsyncClient) -> None:
        first = await browser.get("/console/services/acme-shop", headers={"sec-fetch-site": "cross-site"})
        assert first.status_code == 200
        assert 'http-equiv="refresh"' in first.text
        assert "acme" not in first.text
        again = await browser.get("/console/services/acme-shop", headers=OWN)
        assert again.status_code == 303

    desk.browse(look)


def test_unknown_tokens_are_refused_and_soon_throttled(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        for _ in range(ATTEMPTS_MAX):
            answer = await browser.post("/console/login", data={"token": "guess"}, headers=OWN)
            assert answer.status_code == 403
        answer = await browser.post("/console/login", data={"token": "ann"}, headers=OWN)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= RECOVERY_S
        desk.now += RECOVERY_S
        await sign_in(browser, "ann")

    desk.browse(look)


def test_signing_out_ends_the_session_on_the_server(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        kept = browser.cookies["holdfast_session"]
        assert (await post(browser, "/logout", {})).headers["location"] == "/console/login"
        browser.cookies.set("holdfast_session", kept, path="/console")
        assert (await browser.get("/console/")).status_code == 303

    desk.browse(look)


@pytest.mark.parametrize(("rest_s", "goes_on"), [(IDLE_S - 1, True), (IDLE_S + 1, False)])
def test_a_session_that_nobody_uses_ends(rest_s: float, goes_on: bool) -> None:
    now = 0.0
    store = SessionStore(FakeTokens(), lambda: now)
    cookie = store.open("ann")
    assert cookie
    now += rest_s
    assert (store.find(cookie) is not None) is goes_on


def test_a_session_ends_however_much_it_is_used() -> None:
    now = 0.0
    store = SessionStore(FakeTokens(), lambda: now)
    cookie = store.open("ann")
    assert cookie
    while now <= LIFE_S:
        assert store.find(cookie)
        now += IDLE_S / 2
    assert store.find(cookie) is None
    assert len(store) == 0


def test_a_session_ends_with_its_token() -> None:
    tokens = FakeTokens()
    store = SessionStore(tokens, lambda: 0.0)
    cookie = store.open("ann")
    assert cookie
    del tokens.known["ann"]
    assert store.find(cookie) is None


def test_sessions_are_bounded_and_the_oldest_make_room() -> None:
    tokens = FakeTokens()
    for i in range(SESSIONS_MAX):
        tokens.known[f"t{i}"] = Token(id=f"{i + 100:08x}", name=f"t{i}", role=Role.VIEWER, tenant=None, created_at=0.0)
    store = SessionStore(tokens, lambda: 0.0)
    own = [store.open("ann") for _ in range(SESSIONS_PER_TOKEN_MAX + 1)]
    assert len(store) == SESSIONS_PER_TOKEN_MAX
    assert store.find(own[0] or "") is None
    assert store.find(own[1] or "")
    for i in range(SESSIONS_MAX):
        store.open(f"t{i}")
    assert len(store) == SESSIONS_MAX
    assert store.find(own[1] or "") is None


def test_failures_are_counted_for_each_address_and_forgotten_beyond_the_maximum() -> None:
    now = 0.0
    throttle = LoginThrottle(lambda: now)
    for _ in range(ATTEMPTS_MAX):
        throttle.note_failure("192.0.2.1")
        throttle.note_failure("2001:db8::1")
    assert throttle.wait_s("192.0.2.1") == RECOVERY_S
    assert throttle.wait_s("192.0.2.2") == 0
    assert throttle.wait_s("2001:db8::ffff") == RECOVERY_S
    assert throttle.wait_s("2001:db8:0:1::1") == 0
    now -= 1_000.0
    assert throttle.wait_s("192.0.2.1") == RECOVERY_S
    for i in range(ADDRESSES_MAX):
        throttle.note_failure(f"10.0.{i // 256}.{i % 256}")
    assert throttle.wait_s("192.0.2.1") == 0
