"""Whatever of an answer is pasted is read, and anything else is told from it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.explain import PastedAnswer, read_pasted

HEADERS = """\
HTTP/1.1 503 Service Unavailable
x-request-id: 88b7a16a-e9d4-4929-921b-8c7d37f78cda
retry-after: 30
x-holdfast-cause: kill
content-type: application/problem+json
date: Sat, 21 Nov 2026 11:00:00 GMT
"""
BODY = {
    "type": "about:blank",
    "title": "This service is switched off for now",
    "status": 503,
    "cause": "kill",
    "rule": "rbac_access_denied_matched_policy[kill.m-1]",
    "service": "acme-shop",
    "request_id": "88b7a16a-e9d4-4929-921b-8c7d37f78cda",
}
DATE = 1_795_258_800.0


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADERS}\n{json.dumps(BODY)}",
        f"{HEADERS}\n{json.dumps(BODY)}\n".replace("\n", "\r\n"),
        f"$ curl -si http://shop/\n{HEADERS}\n{json.dumps(BODY, indent=2)}\n$",
        "> GET / HTTP/1.1\n> host: shop\n" + "".join(f"< {line}\n" for line in HEADERS.splitlines()) + json.dumps(BODY),
        f"HTTP/1.1 100 Continue\n\n{HEADERS}\n{json.dumps(BODY)}",
        f"HTTP/1.1 301 Moved\nx-request-id: other\n\n{HEADERS}\n{json.dumps(BODY)}",
        "HTTP/2 503\n" + HEADERS.partition("\n")[2] + "\n{not json} " + json.dumps(BODY),
    ],
)
def test_an_answer_however_it_was_shown(text: str) -> None:
    answer = read_pasted(text)
    assert answer == PastedAnswer(**{k: v for k, v in BODY.items() if k not in {"type", "title"}}, at=DATE)


def test_the_headers_or_the_body_alone() -> None:
    headers, body = read_pasted(HEADERS), read_pasted(json.dumps(BODY))
    assert headers is not None
    assert (headers.cause, headers.at, headers.request_id, headers.rule) == ("kill", DATE, BODY["request_id"], "")
    assert body is not None
    assert (body.cause, body.at, body.status, body.service) == ("kill", None, 503, "acme-shop")


def test_a_limits_answer_tells_the_bucket_and_the_mitigation() -> None:
    answer = read_pasted(
        "HTTP/1.1 429 Too Many Requests\nx-request-id: r\nx-holdfast-cause: limit.mitigation\n"
        "x-holdfast-mitigation: limit.m-17\nx-ratelimit-limit: 20, 20;w=4\n"
    )
    assert answer is not None
    assert (answer.mitigation, answer.bucket_size, answer.as_logged(5.0).rule) == ("limit.m-17", 20, "limit.m-17")
    assert answer.as_logged(5.0).at == 5.0


@pytest.mark.parametrize(
    "text",
    ["", "hello", "{}", "[1]", '{"status": 503}', "HTTP/1.1 200 OK\n\nhi", '{"cause": {"a": 1}}', '{"a":' * 10_000],
)
def test_what_no_edge_says(text: str) -> None:
    assert read_pasted(text) is None


@given(
    st.text(max_size=500)
    | st.lists(st.sampled_from(["{", "}", '"cause":', '"a"', ",", "\n", "date: ", "9" * 30])).map("".join)
)
def test_no_text_is_too_strange(text: str) -> None:
    answer = read_pasted(text)
    assert answer is None or answer.as_logged(1.0).at >= 0 or answer.at is not None


def test_what_is_pasted_is_cut_to_its_maximum() -> None:
    answer = read_pasted(json.dumps({"cause": "x" * 10_000, "request_id": "r"}))
    assert answer is not None
    assert len(answer.cause) == 512
