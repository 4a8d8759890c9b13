"""The pages that anybody may open: bounded, without scripts, changing nothing unless posted."""

import asyncio
from dataclasses import dataclass, field
from functools import partialmethod
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from holdfast.adapters.subscribers.pages import BODY_BYTES_MAX, make_public_pages
from holdfast.adapters.subscribers.throttle import ADDRESSES_MAX, Throttle
from holdfast.model.subscriber import Asked, Interest, SubscribedSite, SubscribersUnavailable

SITE = SubscribedSite(
    name="acme",
    title="Acme <b> & Co",
    subscribe_url="https://updates.example/subscribers",
    components={"web": "Web <i>shop</i>", "mail": "Mail"},
    regions={"europe": "Europe", "asia": "Asia"},
)


@dataclass
class Desk:
    """What was asked of it; `unavailable` if it fails."""

    asked: list[tuple[str, Interest]] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    site: SubscribedSite | None = SITE
    answer: Asked = Asked.TAKEN
    unavailable: bool = False

    def find_site(self) -> SubscribedSite | None:
        return self.site

    async def ask(self, address: str, interest: Interest) -> Asked:
        if self.unavailable:
            raise SubscribersUnavailable("the disk is full")
        self.asked.append((address, interest))
        return self.answer

    async def is_open(self, token: str) -> bool:
        return token == "good"

    async def confirm(self, token: str) -> bool:
        self.acts.append(f"confirm {token}")
        return token == "good"

    async def unsubscribe(self, token: str) -> None:
        self.acts.append(f"unsubscribe {token}")


@dataclass
class Browser:
    """Asks from an address of its own."""

    app: Starlette
    address: str = "192.0.2.1"

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=(self.address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://control") as client:
                return await client.request(method, path, **more)

        return asyncio.run(ask())

    get = partialmethod(request, "GET")
    head = partialmethod(request, "HEAD")
    put = partialmethod(request, "PUT")
    post = partialmethod(request, "POST")


@dataclass
class Visit:
    desk: Desk = field(default_factory=Desk)
    now: float = 0.0

    def __post_init__(self) -> None:
        self.client = Browser(make_public_pages(self.desk, lambda: self.now))


@pytest.fixture
def visit() -> Visit:
    return Visit()


def test_the_form_has_what_may_be_chosen_and_no_script(visit: Visit) -> None:
    page = visit.client.get("/subscribers")
    assert page.status_code == 200
    assert "Acme &lt;b&gt; &amp; Co" in page.text
    assert "Web &lt;i&gt;shop&lt;/i&gt;" in page.text
    assert "<script" not in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src" not in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in page.headers


def test_a_choice_is_taken_as_far_as_there_is_such(visit: Visit) -> None:
    for components, chosen in ((["web", "x"], ("web",)), (["web", "mail"], ()), ([], ())):
        visit.client.post("/subscribers", data={"address": " ann@acme.example ", "component": components})
        assert visit.desk.asked[-1] == ("ann@acme.example", Interest(chosen))


def test_what_was_filled_in_is_kept_and_escaped(visit: Visit) -> None:
    visit.desk.answer = Asked.MALFORMED
    page = visit.client.post("/subscribers", data={"address": '"><script>x', "component": "web"})
    assert page.status_code == 422
    assert 'value="&#34;&gt;&lt;script&gt;x"' in page.text
    assert 'value="web" checked' in page.text


def test_opening_a_link_does_nothing_and_pressing_its_button_does(visit: Visit) -> None:
    for act in ("confirm", "unsubscribe"):
        assert visit.client.get(f"/subscribers/{act}/good").status_code == 200
        assert visit.client.head(f"/subscribers/{act}/good").status_code == 200
        assert visit.desk.acts == []
        assert visit.client.post(f"/subscribers/{act}/good").status_code == 200
        assert visit.desk.acts == [f"{act} good"]
        visit.desk.acts.clear()
    assert visit.client.get("/subscribers/confirm/bad").status_code == 410
    assert visit.client.post("/subscribers/confirm/bad").status_code == 410
    assert visit.client.post("/subscribers/unsubscribe/bad").status_code == 200


def test_one_client_may_ask_a_few_times_and_others_still(visit: Visit) -> None:
    data = {"address": "ann@acme.example"}
    statuses = [visit.client.post("/subscribers", data=data).status_code for _ in range(7)]
    assert statuses == [202] * 5 + [429] * 2
    other = Browser(visit.client.app, "192.0.2.2")
    assert other.post("/subscribers", data=data).status_code == 202
    visit.now += 61
    assert visit.client.post("/subscribers", data=data).status_code == 202
    assert visit.client.post("/subscribers", data=data).headers["retry-after"] == "60"


def test_all_clients_together_are_bounded(visit: Visit) -> None:
    browsers = [Browser(visit.client.app, f"198.51.{number // 250}.{number % 250}") for number in range(210)]
    statuses = [each.post("/subscribers", data={"address": "ann@acme.example"}).status_code for each in browsers]
    assert statuses == [202] * 200 + [429] * 10


def test_even_looking_is_bounded(visit: Visit) -> None:
    statuses = {visit.client.get("/subscribers").status_code for _ in range(61)}
    assert statuses == {200, 429}


def test_a_form_that_is_too_large_or_none_is_refused(visit: Visit) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    large = visit.client.post("/subscribers", content=b"address=" + b"a" * BODY_BYTES_MAX, headers=headers)
    many = visit.client.post("/subscribers", content=b"&".join([b"component=web"] * 1_000), headers=headers)
    strange = visit.client.post("/subscribers", content=b"address=%ff\xff", headers=headers)
    assert (large.status_code, many.status_code, strange.status_code) == (413, 400, 400)
    assert visit.desk.asked == []


def test_what_is_not_there_says_so(visit: Visit) -> None:
    assert visit.client.get("/subscribers/").status_code == 404
    assert visit.client.put("/subscribers").status_code == 405
    visit.desk.unavailable = True
    unavailable = visit.client.post("/subscribers", data={"address": "ann@acme.example"})
    assert (unavailable.status_code, "disk" in unavailable.text) == (503, False)
    visit.desk.site = None
    for path in ("/subscribers", "/subscribers/confirm/good", "/subscribers/unsubscribe/good"):
        answer = visit.client.get(path)
        assert answer.status_code == 404
        assert "content-security-policy" in answer.headers


def test_a_network_of_one_client_is_one_client_and_memory_is_bounded() -> None:
    throttle = Throttle(lambda: 0.0, burst=1, recovery_s=10.0)
    assert throttle.take("2001:db8::1")
    assert not throttle.take("2001:db8::2")
    assert throttle.take("2001:db8:0:1::1")
    for number in range(ADDRESSES_MAX + 10):
        throttle.take(f"name-{number}")
    assert throttle.take("2001:db8::3")
