"""Secrets in paths and URLs are masked, the rest stays readable."""

import string
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from holdfast.model.redaction import MASK, mask_path, redact_url, strip_query

TOKEN = "q7RzT2mPx9LwYb4KcV8nHd3JfGs6Aa"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


@pytest.mark.parametrize(
    ("path", "masked"),
    [
        ("/", "/"),
        ("/orders/4711/items", "/orders/4711/items"),
        ("/orders/550e8400-e29b-41d4-a716-446655440000", "/orders/550e8400-e29b-41d4-a716-446655440000"),
        ("/Orders/550E8400-e29b-41d4-a716-446655440000", "/Orders/550E8400-e29b-41d4-a716-446655440000"),
        ("/blog/why-we-moved-our-platform-to-another-place-in-2024", None),
        ("/assets/app.3f9d2b8c.js", None),
        ("/reset/password", None),
        ("/v1/token", None),
        (f"/download/{TOKEN}", f"/download/{MASK}"),
        (f"/d/{JWT}/x", f"/d/{MASK}/x"),
        (f"/d/{JWT[:24]}", f"/d/{MASK}"),
        ("/unsubscribe/ann@shop.example", f"/unsubscribe/{MASK}"),
        ("/unsubscribe/ann%40shop.example/now", f"/unsubscribe/{MASK}/now"),
        ("/reset/abc12345", f"/reset/{MASK}"),
        ("/password-reset/abc12345", f"/password-reset/{MASK}"),
        ("/a;jsessionid=A1B2C3;v=1/b", f"/a;jsessionid={MASK};v={MASK}/b"),
        ("/x/Bearer%20abcdef", f"/x/Bearer%20{MASK}"),
        ("/x/AKIAIOSFODNN7EXAMPLE", f"/x/{MASK}"),
        ("/hooks/ghp_16C7e42F292c6912E7710c838347Ae178B4a", f"/hooks/{MASK}"),
        ("/images/logo@2x.png", None),
        ("/npm/@scope/package", None),
        ("/main-9f86d081884c7d659a2feaa0c55ad015.js", f"/main-{MASK}.js"),
    ],
)
def test_a_path(path: str, masked: str | None) -> None:
    assert mask_path(path) == (path if masked is None else masked)


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        ("/a?b=c", "/a"),
        ("/a#b?c", "/a"),
        ("?a=b", ""),
        ("https://ann:secret@shop.example/a?b", "https://shop.example/a"),
        ("https://shop.example?b=https://u:p@x/", "https://shop.example"),
        ("/redirect/https://u@x/", "/redirect/https://u@x/"),
        ("", ""),
    ],
)
def test_a_url_without_its_query(url: str, bare: str) -> None:
    assert strip_query(url) == bare


def test_a_url_is_masked_behind_its_host() -> None:
    host = "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7.example"
    assert redact_url(f"https://u:p@{host}/d/{TOKEN}?x") == f"https://{host}/d/{MASK}"
    assert redact_url(f"/d/{TOKEN}?x") == f"/d/{MASK}"
    assert redact_url("https://shop.example") == "https://shop.example"


PATHS = st.lists(st.text(alphabet=string.printable + "é%", max_size=60), max_size=6).map(lambda p: "/" + "/".join(p))
RANDOM = st.text(alphabet=string.ascii_letters + string.digits + "_-", min_size=24, max_size=80).filter(
    lambda t: any(c.islower() for c in t) and any(c.isupper() for c in t) and any(c.isdigit() for c in t)
)
HEX = st.text(alphabet="0123456789abcdef", min_size=32, max_size=128)
EMAIL = st.emails(domains=st.just("shop.example")).map(lambda e: e.replace("/", "")).filter(lambda e: e[0] != "@")
"""As one segment of a path."""


@given(PATHS)
@example("/a/%2F/b")
def test_masking_keeps_the_shape_and_settles(path: str) -> None:
    masked = mask_path(path)
    assert masked.count("/") == path.count("/")
    assert mask_path(masked) == masked
    assert redact_url(redact_url(path)) == redact_url(path)


@given(PATHS, RANDOM | HEX | EMAIL, st.booleans())
def test_a_secret_among_other_segments_is_gone(path: str, secret: str, percent: bool) -> None:
    written = "".join(f"%{b:02X}" for b in secret.encode()) if percent else secret
    masked = mask_path(f"{path}/{written}/end")
    assert written not in masked
    assert secret not in masked
    assert masked.endswith("/end")


@given(PATHS.map(quote), st.text(max_size=50))
def test_nothing_of_a_query_is_left(path: str, query: str) -> None:
    assert strip_query(f"{path}?{query}") == strip_query(path) == path


@given(st.uuids().map(str))
def test_a_uuid_stays(uuid: str) -> None:
    assert mask_path(f"/orders/{uuid}") == f"/orders/{uuid}"
