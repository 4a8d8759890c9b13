"""What the pages show, and how large they are."""

import httpx
import pytest

from adapters.console.desk import Desk, post, sign_in
from fakes.live import FakeLive
from holdfast.adapters.console.screens import PAGE_MAX, SEARCH_CHARACTERS_MAX, read_query
from holdfast.views.live_services import ServiceOrder, ServiceState

PAGE_BYTES_MAX = 150_000
SENT_BYTES_MAX = 25_000


def test_a_service_that_nobody_reports_is_not_shown_as_idle(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        html = (await browser.get("/console/services/wayne-docs")).text
        assert "No edge reports this service now" in html
        assert "Nothing is refused" not in html
        rows = (await browser.get("/console/services?search=wayne-docs")).text
        assert "Not reported" in rows

    desk.browse(look)


def test_services_are_searched_filtered_sorted_and_paged_on_the_server(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        found = (await browser.get("/console/services?search=GLOBEX-A")).text
        assert found.count('<tr id="row-') == 1
        harmful = (await browser.get("/console/services?state=harmful")).text
        assert harmful.count('<tr id="row-') == 1
        assert "row-acme-shop" in harmful
        first = (await browser.get("/console/services?order=name")).text
        second = (await browser.get("/console/services?order=name&page=2")).text
        assert first.count('<tr id="row-') == 50
        assert second.count('<tr id="row-') == 10
        assert first.index("row-acme-api") < first.index("row-acme-docs") < first.index("row-globex-api")
        assert 'rel="next"' in first
        assert 'rel="next"' not in second
        assert "No service matches" in (await browser.get("/console/services?search=nowhere")).text

    desk.browse(look)


def test_pages_of_ten_thousand_services_stay_small(desk: Desk) -> None:
    desk.live.known = FakeLive(10_000, desk.live.clock).known

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        for path in ("/", "/services", "/services?order=offered&page=100", "/services/acme-shop"):
            async with browser.stream("GET", f"/console{path}") as answer:
                sent = sum([len(part) async for part in answer.aiter_raw()])
            assert sent < SENT_BYTES_MAX, path
            html = (await browser.get(f"/console{path}")).text
            assert len(html) < PAGE_BYTES_MAX, path
            assert html.count('<tr id="row-') <= 50

    desk.browse(look)


@pytest.mark.parametrize(
    ("params", "order", "state", "page"),
    [
        ({}, ServiceOrder.STATE, None, 1),
        ({"order": "in-flight", "state": "silent?", "page": "x"}, ServiceOrder.IN_FLIGHT, None, 1),
        ({"order": "'; drop", "state": "normal", "page": "-4"}, ServiceOrder.STATE, ServiceState.NORMAL, 1),
        ({"page": "99999999"}, ServiceOrder.STATE, None, PAGE_MAX),
        ({"page": "9" * 5_000}, ServiceOrder.STATE, None, 1),
        ({"page": "²"}, ServiceOrder.STATE, None, 1),
    ],
)
def test_addresses_that_make_no_sense_are_read_as_far_as_they_do(
    params: dict[str, str], order: ServiceOrder, state: ServiceState | None, page: int
) -> None:
    query = read_query({"search": "y" * 500, **params}, "acme")
    assert (query.order, query.state, query.page) == (order, state, page)
    assert len(query.search) == SEARCH_CHARACTERS_MAX
    assert query.tenant == "acme"


def test_history_is_paged(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        newest = (await browser.get("/console/history")).text
        assert "entry-260" in newest
        assert "/console/history?before=161" in newest
        older = (await browser.get("/console/history?before=161")).text
        assert "entry-160" in older
        assert "entry-161" not in older
        assert (await browser.get("/console/history?before=²")).status_code == 200

    desk.browse(look)


def test_explain_tells_the_rule_the_line_and_the_numbers(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "vic")
        pasted = "HTTP/1.1 429 Too Many Requests\nx-request-id: 5d2f7c1e\n\n{}"
        html = (await post(browser, "/explain", {"asked": pasted})).text
        assert "platform.yaml:41" in html
        assert "limit of 2000/s was used up" in html
        unknown = (await browser.get("/console/explain?id=unknown")).text
        assert "No edge knows a request" in unknown
        await post(browser, "/explain", {"asked": "z" * 30_000})

    desk.browse(look)
    assert desk.live.asked[0].startswith("HTTP/1.1 429")
    assert len(desk.live.asked[-1]) == 16_384


def test_the_console_answers_below_where_it_is_mounted(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        answer = await browser.get("/console")
        assert (answer.status_code, answer.headers["location"]) == (308, "/console/")

    desk.browse(look)
