"""The page that says where services with standbys are, and moves begun there by hand."""

import httpx
import pytest

from adapters.console.desk import Desk, post, sign_in
from holdfast.model.mitigation import FailOver
from holdfast.model.refusal import Refusal, RefusalCode

MOVE = {"to": "west", "read_only": "as-file", "for": "1h", "reason": "maintenance"}


def test_it_shows_where_services_are_and_what_edges_see(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        page = (await browser.get("/console/failover")).text
        away, home = page.index("Away from their primary"), page.index("At their primary")
        assert away < page.index('id="at-acme-shop"') < home < page.index('id="at-acme-login"')
        assert "2 of 3 edges saw it fail" in page
        assert "lost: 2 of 3 edges for 42" in page
        assert "of the reads there" in page
        assert "on fra-2" in page
        assert "no failover to it was ever exercised" in page
        assert page.count('id="site-') == 3
        assert "/failover/start" not in page
        assert "Bring back" not in page

    desk.browse(look)


def test_what_moved_with_a_site_comes_back_with_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = desk.live.failover(None)
    moved = tuple(each.model_copy(update={"site_wide": "east"}) for each in shown.services)
    monkeypatch.setattr(desk.live, "failover", lambda _: shown.model_copy(update={"services": moved}))

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        page = (await browser.get("/console/failover")).text
        assert "Bring all of east back" in page
        assert ">Bring back…<" not in page

    desk.browse(look)


def test_an_owner_sees_its_own_and_no_sites(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "olga")
        page = (await browser.get("/console/failover")).text
        assert "at-acme-shop" in page
        assert "globex" not in page
        assert 'id="site-' not in page

    desk.browse(look)


def test_a_move_is_described_shown_and_confirmed(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        form = (await browser.get("/console/failover/start?service=acme-login")).text
        assert "Fail acme-login over" in form
        shown = await post(browser, "/failover/start", {"service": "acme-login", **MOVE})
        assert "The standby is well" in shown.text
        assert 'name="word"' not in shown.text
        assert not desk.operations.done
        done = await post(browser, "/failover/start", {"service": "acme-login", **MOVE, "step": "confirm"})
        assert (done.status_code, done.headers["location"]) == (303, "/console/failover")

    desk.browse(look)
    measure = FailOver(service="acme-login", to="west")
    assert desk.operations.done == [("ann", measure, 3_600.0, "maintenance", None, False)]


@pytest.mark.parametrize("named", [{"service": "initech-docs"}, {"site": "east", "to": "", "read_only": "yes"}])
def test_what_many_feel_or_nobody_vouches_for_takes_the_name(desk: Desk, named: dict[str, str]) -> None:
    (word, *_) = named.values()

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        sent = {**MOVE, **named, "step": "confirm"}
        refused = await post(browser, "/failover/start", {**sent, "word": "something"})
        assert refused.status_code == 422
        assert "Nothing was done" in refused.text
        assert "GET /: 500, expected 200" in refused.text
        assert not desk.operations.done
        assert (await post(browser, "/failover/start", {**sent, "word": word})).status_code == 303

    desk.browse(look)
    ((_, measure, *_),) = desk.operations.done
    assert isinstance(measure, FailOver)
    assert (measure.service or measure.site) == word
    assert measure.read_only is (True if "site" in named else None)


@pytest.mark.parametrize(
    "wrong",
    [{"to": "nowhere"}, {"for": ""}, {"for": "soon"}, {"reason": ""}, {"read_only": "perhaps"}, {"reason": "x" * 501}],
)
def test_what_makes_no_sense_is_told(desk: Desk, wrong: dict[str, str]) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        answer = await post(browser, "/failover/start", {"service": "acme-login", **MOVE, "step": "confirm", **wrong})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text

    desk.browse(look)
    assert not desk.operations.done


def test_what_control_refuses_is_told(desk: Desk) -> None:
    desk.operations.refusal = Refusal(RefusalCode.MITIGATIONS_FULL, "there are 1,000 mitigations")

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        answer = await post(browser, "/failover/start", {"service": "acme-login", **MOVE, "step": "confirm"})
        assert "there are 1,000 mitigations. Nothing was done." in answer.text

    desk.browse(look)


def test_viewers_and_owners_move_nothing_and_what_has_no_standby_isnt_moved(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        for name in ("vic", "olga"):
            await sign_in(browser, name)
            assert (await browser.get("/console/failover/start?service=acme-login")).status_code == 403
            sent = {"service": "acme-login", **MOVE, "step": "confirm"}
            assert (await post(browser, "/failover/start", sent)).status_code == 403
        await sign_in(browser, "ann")
        for query in ("", "?service=nobody", "?site=moon"):
            assert (await browser.get(f"/console/failover/start{query}")).status_code == 404

    desk.browse(look)
    assert not desk.operations.done
