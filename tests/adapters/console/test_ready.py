"""The page that says whether standbys could take over, and who isn't back yet."""

import httpx

from adapters.console.desk import Desk, sign_in


def test_standbys_and_whoever_comes_back_are_shown(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        page = (await browser.get("/console/ready")).text
        assert page.count('class="panel standby"') == 3
        assert page.index(">acme-login</a> <span") < page.index(">globex-api<") < page.rindex(">acme-shop<")
        assert "No failover" not in page
        assert "no failover to it was ever exercised" in page
        assert "1 ready, 1 stale, 1 not ready" in page
        assert "Last good copies" in page
        assert "nginx has no Lua module" in page
        assert "2 held, 1 let in for a part" in page
        assert "people to release it" in page
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page

    desk.browse(look)


def test_an_owner_sees_its_own(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "olga")
        page = (await browser.get("/console/ready")).text
        assert "globex" not in page
        assert page.count('class="panel standby"') == 2

    desk.browse(look)
