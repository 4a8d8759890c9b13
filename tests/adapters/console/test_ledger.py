"""The ledger's pages: what was changed, by whom, and which edges have it."""

import httpx

from adapters.console.desk import Desk, sign_in


def test_changes_are_listed_filtered_and_paged(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        first = (await browser.get("/console/ledger")).text
        assert first.count('<li id="change-') == 100
        assert 'href="/console/ledger?before=31"' in first
        second = (await browser.get("/console/ledger?before=31")).text
        assert second.count('<li id="change-') == 30
        assert 'rel="next"' not in second
        revisions = (await browser.get("/console/ledger?kind=revision")).text
        assert revisions.count('<li id="change-') == 26
        assert 'href="/console/ledger?kind=revision"' in revisions
        none = (await browser.get("/console/ledger?service=nowhere")).text
        assert "Nothing was changed." in none

    desk.browse(look)


def test_what_makes_no_sense_in_an_address_is_left_out(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        for query in ("before=x", "before=" + "9" * 40, "kind=<script>", "service=<script>alert(1)</script>"):
            answer = await browser.get(f"/console/ledger?{query}")
            assert answer.status_code == 200
            assert answer.text.count('<li id="change-') == 100
            assert "<script>alert" not in answer.text

    desk.browse(look)


def test_a_change_in_full_and_one_that_is_not_there(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        page = (await browser.get("/console/ledger/130")).text
        assert "limits.requests" in page
        assert "<del>50/s</del>" in page
        assert "2b2b2b2b2b2b" in page, "the hash of what the edge should have"
        assert "2c2c2c2c2c2c" in page, "and of what it has"
        for missing in ("0", "131", "x", "9" * 40):
            assert (await browser.get(f"/console/ledger/{missing}")).status_code == 404

    desk.browse(look)


def test_an_edge_that_drifts_is_named(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        assert "Edge iad-1 has something else than it should" in (await browser.get("/console/ledger")).text
        desk.live.flooded = False
        assert "has something else" not in (await browser.get("/console/ledger")).text

    desk.browse(look)


def test_an_owner_sees_its_tenants_changes_only(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "olga")
        page = await browser.get("/console/ledger")
        assert page.status_code == 200
        assert "deploy of acme-shop" in page.text
        assert "deploy of wayne-docs" not in page.text
        assert "limit globex-api" not in page.text
        assert (await browser.get("/console/ledger/130")).status_code == 404

    desk.browse(look)


def test_suspects_stand_beside_what_was_found(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        page = (await browser.get("/console/findings")).text
        assert "Suspected changes" in page
        assert "4.0 s before it began" in page
        assert 'href="/console/ledger/127"' in page

    desk.browse(look)
