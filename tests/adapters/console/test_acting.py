"""Mitigations by hand: described, previewed, confirmed, ended."""

import re
from html import unescape

import httpx
import pytest

from adapters.console.desk import Desk, post, sign_in
from fakes.live_answers import predict
from holdfast.model.mitigation import Block, Deny, Kill, Limit, ReadOnly
from holdfast.model.platform import ClientLimits
from holdfast.model.prediction import Prediction
from holdfast.model.refusal import Refusal, RefusalCode

LIMIT = {"kind": "limit", "service": "acme-shop", "per_client": "5/s", "for": "15m", "reason": "flood"}


async def confirm(browser: httpx.AsyncClient, preview: httpx.Response, **more: str) -> httpx.Response:
    """Send a preview's own form."""
    fields = re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)">', preview.text)
    return await browser.post("/console/mitigate", data={**{n: unescape(v) for n, v in fields}, **more})


def test_a_measure_is_previewed_before_it_is_put_in_force(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        preview = await post(browser, "/mitigate", LIMIT)
        assert preview.status_code == 200
        assert "Spares normal traffic" in preview.text
        assert not desk.operations.done
        done = await confirm(browser, preview)
        assert done.status_code == 303
        assert done.headers["location"].startswith("/console/mitigations#m-")

    desk.browse(look)
    ((author, measure, for_s, reason, finding, force),) = desk.operations.done
    assert (author, for_s, reason, finding, force) == ("ann", 900.0, "flood", None, False)
    assert isinstance(measure, Limit)
    assert measure.per_client == ClientLimits(requests=5.0)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"kind": "read-only", "service": "acme-shop"}, ReadOnly),
        ({"kind": "block", "service": "acme-shop", "networks": "192.0.2.1\n2001:db8::/32, 198.51.100.0/24"}, Block),
        ({"kind": "deny", "service": "acme-shop", "dimension": "path", "values": "/a\n/b"}, Deny),
        ({"kind": "limit", "service": "acme-shop", "requests": "100/s", "in_flight": "0"}, Limit),
    ],
)
def test_every_measure_can_be_taken(desk: Desk, fields: dict[str, str], expected: type) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        preview = await post(browser, "/mitigate", {**fields, "for": "2m", "reason": "flood"})
        assert (await confirm(browser, preview)).status_code == 303

    desk.browse(look)
    assert isinstance(desk.operations.done[0][1], expected)


def test_what_would_hurt_is_done_only_where_its_name_is_typed(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        kill = {"kind": "kill", "service": "acme-shop", "for": "1h", "reason": "breach"}
        preview = await post(browser, "/mitigate", kill)
        assert "Would hurt normal traffic" in preview.text
        for typed in ("", "acme", "yes"):
            again = await confirm(browser, preview, word=typed)
            assert again.status_code == 422
            assert not desk.operations.done
        assert (await confirm(browser, preview, word="acme-shop")).status_code == 303

    desk.browse(look)
    assert isinstance(desk.operations.done[0][1], Kill)
    assert desk.operations.done[0][5] is True


def test_what_refuses_normal_traffic_on_purpose_takes_its_name_but_no_force(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    meant = predict(ReadOnly(service="acme-shop")).model_copy(update={"normal_refused_share": 1.0})

    async def foretell(_measure: object) -> Prediction:
        return meant

    monkeypatch.setattr(desk.operations, "preview", foretell)

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        fields = {"kind": "read-only", "service": "acme-shop", "for": "1h", "reason": "migration"}
        preview = await post(browser, "/mitigate", fields)
        assert "as it is meant to" in preview.text
        assert "Spares" not in preview.text
        assert (await confirm(browser, preview)).status_code == 422
        assert (await confirm(browser, preview, word="acme-shop")).status_code == 303

    desk.browse(look)
    assert desk.operations.done[0][5] is False


def test_a_block_for_everybody_takes_the_platforms_name(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        block = {"kind": "block", "service": "", "networks": "0.0.0.0/1", "for": "1m", "reason": "flood"}
        preview = await post(browser, "/mitigate", block)
        assert (await confirm(browser, preview, word="platform")).status_code == 303

    desk.browse(look)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"for": ""}, "Say for how long"),
        ({"for": "soon"}, "write a duration with its unit"),
        ({"reason": ""}, "Say why"),
        ({"reason": "x" * 501}, "500 characters at most"),
        ({"service": ""}, "Name a service"),
        ({"service": "No Such Name"}, "String should match pattern"),
        ({"kind": "explode"}, "Choose what to do"),
        ({"kind": "shed"}, "Choose what to do"),
        ({"per_client": "many"}, "write a rate with its unit"),
        ({"per_client": ""}, "Fill in at least one of the limits"),
        ({"per_client": "", "in_flight": "-1"}, "greater than or equal to 0"),
        ({"kind": "block"}, "Name addresses or networks"),
        ({"kind": "block", "networks": "192.0.2.1/24"}, "has host bits set"),
        ({"kind": "deny"}, "Choose what to look at"),
        ({"measure": "{}"}, "no measure that Holdfast knows"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_is_kept(desk: Desk, wrong: dict[str, str], told: str) -> None:
    async def look(browser: httpx.AsyncClient) -> str:
        await sign_in(browser, "ann")
        answer = await post(browser, "/mitigate", {**LIMIT, **wrong})
        assert answer.status_code == 422
        return unescape(answer.text)

    html = desk.browse(look)
    assert told.lower() in html.lower()
    if "reason" not in wrong:
        assert 'value="flood"' in html


def test_a_refusal_of_control_is_shown(desk: Desk) -> None:
    desk.operations.refusal = Refusal(RefusalCode.MITIGATIONS_FULL, "there are too many <already>")

    async def look(browser: httpx.AsyncClient) -> str:
        await sign_in(browser, "ann")
        answer = await confirm(browser, await post(browser, "/mitigate", LIMIT))
        assert answer.status_code == 422
        return answer.text

    assert "there are too many &lt;already&gt;" in desk.browse(look)


def test_a_suggestion_is_previewed_and_taken_in_answer_to_its_finding(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        assert "/console/mitigate?finding=f-3" in (await browser.get("/console/findings")).text
        preview = await browser.get("/console/mitigate?finding=f-3")
        assert "203.0.113.0/24" in preview.text
        assert (await confirm(browser, preview)).status_code == 303
        again = await browser.get("/console/mitigate?finding=f-3")
        assert again.status_code == 200, "its source can still be denied by hand"
        for gone in ("f-2", "f-99", "x"):
            assert (await browser.get(f"/console/mitigate?finding={gone}")).status_code == 404

    desk.browse(look)
    assert isinstance(desk.operations.done[0][1], Deny)
    assert desk.operations.done[0][4] == "f-3"


def test_a_mitigation_is_ended_after_asking(desk: Desk) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, "ann")
        asked = await browser.get("/console/mitigations/m-7/end")
        assert "End m-7?" in asked.text
        assert "m-7" in desk.live.active
        assert (await post(browser, "/mitigations/m-7/end", {})).status_code == 303
        assert "m-7" not in desk.live.active
        late = await post(browser, "/mitigations/m-7/end", {})
        assert late.status_code == 422
        assert "has ended already" in late.text
        assert (await browser.get("/console/mitigations/m-7/end")).status_code == 404

    desk.browse(look)
