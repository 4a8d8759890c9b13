"""Where an excess comes from: rules for what can be told, none for what can't."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.detect.attribution import Attribution, attribute
from holdfast.detect.sources.features import mask_client
from holdfast.model.sample import SampledRequest
from holdfast.model.source_rule import Dimension, compile_rule

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
PATHS = ("/", "/search", "/blog/a", "/blog/b", "/login", "/static/x.css")


def request(number: int, **changes: object) -> SampledRequest:
    """One of many ordinary requests: clients, paths, agents, referers and methods of all sorts."""
    values: dict[str, object] = {
        "at": float(number),
        "edge": "edge-1",
        "service": "shop",
        "request_id": f"{number * 2654435761:x}",
        "client": f"{20 + number * 7 % 150}.{number * 13 % 250}.{number * 29 % 250}.{number % 250 + 1}",
        "method": "POST" if number % 9 == 0 else "GET",
        "path": PATHS[number % len(PATHS)],
        "user_agent": FIREFOX.replace("128", str(90 + number * 11 % 40)),
        "referer": "" if number % 3 else f"https://example.com/{number % 20}",
        "status": 200,
        "cause": "",
        "duration_s": 0.05,
    }
    return SampledRequest(**{**values, **changes})  # type: ignore[arg-type]


NORMAL = [request(n) for n in range(300)]
REST = [request(n) for n in range(1_000, 1_040)]


def tell(*attack: SampledRequest, ratio: float = 5.0, normal: list[SampledRequest] = NORMAL) -> Attribution:
    """What is told of 160 attack requests beside 40 ordinary ones."""
    return attribute([*REST, *attack], normal, ratio)


def test_few_clients_are_told_by_address() -> None:
    found = tell(*(request(n, client=f"203.0.113.{n % 3}") for n in range(160)))
    assert str(found.source) == "network 203.0.113.0/32, 203.0.113.1/32, 203.0.113.2/32"
    assert found.removes >= 0.8
    assert found.spares >= 0.98
    assert found.samples == 200


def test_ipv6_clients_are_told_by_their_64_bits() -> None:
    found = tell(*(request(n, client=f"2001:db8:1:2::{n + 1:x}") for n in range(160)))
    assert str(found.source) == "network 2001:db8:1:2::/64"


def test_many_neighbours_are_told_by_their_network() -> None:
    found = tell(*(request(n, client=f"203.0.113.{n}") for n in range(160)))
    assert str(found.source) == "network 203.0.113.0/24"


def test_thousands_of_clients_are_told_by_what_they_ask_for() -> None:
    found = tell(*(request(n, method="POST", path="/wp-login.php") for n in range(2_000, 2_160)))
    assert str(found.source) == "path /wp-login.php"
    assert found.traffic_class == "POST /wp-login.php"


def test_what_no_value_tells_a_pair_does() -> None:
    agent = NORMAL[0].user_agent
    found = tell(*(request(n, user_agent=agent, path="/login", method="POST") for n in range(2_000, 2_160)))
    assert found.source is not None
    assert len(found.source.matches) == 2
    assert found.spares >= 0.98


def test_a_look_alike_yields_no_rule() -> None:
    found = tell(*(request(n) for n in range(3_000, 3_160)))
    assert found.source is None
    assert found.spares == 1.0


def test_the_class_is_told_even_where_no_rule_is() -> None:
    found = tell(*(request(n, method="GET", path="/search") for n in range(3_000, 3_160)))
    assert found.source is None
    assert found.traffic_class == "GET /search"


def test_a_prefix_is_told_where_the_paths_differ() -> None:
    found = tell(*(request(n, method="GET", path=f"/api/v2/items/{n}") for n in range(3_000, 3_160)))
    assert str(found.source) == "path-prefix /api/v2/items/"
    assert found.traffic_class == "GET /api/v2/items/…"


def test_what_was_never_seen_is_not_guilty_for_that() -> None:
    """Every client is new, as most always are; each asks once or twice."""
    found = tell(*(request(n, client=f"198.{n % 80}.{n % 83}.7") for n in range(160)))
    assert found.source is None or found.source.matches[0].dimension is not Dimension.NETWORK


def test_weights_count() -> None:
    """Ten requests that stand for a hundred each are most of the traffic."""
    heavy = [request(n, client="203.0.113.9", weight=100.0) for n in range(40)]
    assert str(tell(*heavy).source) == "network 203.0.113.9/32"
    light = [request(n, client="203.0.113.9", weight=0.01) for n in range(40)]
    assert tell(*light).source is None


@pytest.mark.parametrize(("current", "normal", "ratio"), [(10, 300, 5.0), (200, 20, 5.0), (200, 300, 1.0)])
def test_too_little_to_go_by_yields_no_rule(current: int, normal: int, ratio: float) -> None:
    attack = [request(n, client="203.0.113.9") for n in range(current)]
    assert attribute(attack, NORMAL[:normal], ratio).source is None


def test_no_samples_yield_nothing() -> None:
    assert attribute([], [], 10.0) == Attribution(samples=0)


TEXTS = st.text(max_size=20) | st.sampled_from(["", "/" * 255, "x" * 600])


@settings(deadline=None, max_examples=12)
@given(
    st.lists(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS, st.ip_addresses() | TEXTS), min_size=1, max_size=6),
    st.floats(1.5, 1e9),
)
def test_whatever_comes_a_rule_spares_and_removes_as_it_says(
    kinds: list[tuple[str, str, str, str, object]], ratio: float
) -> None:
    attack = [
        request(n, method=m, path=p[:256], user_agent=a, referer=r, client=str(c))
        for n in range(40)
        for m, p, a, r, c in kinds
    ]
    found = attribute([*REST, *attack], NORMAL, ratio)
    if found.source is not None:
        matches = compile_rule(found.source)
        assert sum(map(matches, NORMAL)) <= 0.02 * len(NORMAL)
        excess = (1 - 1 / ratio) * (len(REST) + len(attack))
        assert sum(map(matches, attack)) >= 0.75 * min(excess, len(attack))


def test_addresses_are_masked() -> None:
    masked = [mask_client(client, bits) for client in ("10.1.2.3", "2001:db8::1") for bits in (32, 24, 16)]
    assert masked == ["10.1.2.3/32", "10.1.2.0/24", "10.1.0.0/16", "2001:db8::/64", "2001:db8::/48", "2001:db8::/48"]
    assert mask_client("nobody", 32) is None


def test_sources_are_told_right_at_any_ratio() -> None:
    rng = np.random.default_rng(3)
    for ratio in (2.0, 3.0, 10.0):
        excess = round(300 * (1 - 1 / ratio))
        attack = [request(int(n), client=f"203.0.113.{n % 5}") for n in rng.integers(0, 9_999, excess)]
        rest = [request(int(n)) for n in rng.integers(0, 9_999, 300 - excess)]
        found = attribute([*rest, *attack], NORMAL, ratio)
        assert found.source is not None
        assert all(map(compile_rule(found.source), attack))
