"""A tenant's owner changes what is its own; everything else it touches is named, all of it at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from holdfast.model.danger import Danger
from holdfast.model.intent import Intent
from holdfast.model.platform import Platform
from holdfast.model.units import WRITTEN
from holdfast.rollout.ownership import find_trespasses, list_withheld

OURS = frozenset({"acme"})
SHOP = "tenants.acme.services.shop"
MAIL = "tenants.globex.services.mail"
Tree = dict[str, Any]


def make_tree() -> Tree:
    """A shop of acme's and a mail of globex's, with a pool of addresses."""
    return {
        "holdfast": 1,
        "name": "small",
        "clients": {"trusted_proxies": []},
        "locations": {
            "here": {
                "edges": [{"name": "edge-1", "listen": "127.0.0.1:8080"}],
                "capacity": {"in_flight": 200, "requests": "2000/s"},
            }
        },
        "pools": {"backends": {"addresses": "10.1.0.0/16"}},
        "tenants": {
            "acme": {
                "owners": ["ann"],
                "services": {
                    "shop": {"hosts": ["shop.acme.example"], "upstream": {"endpoints": ["10.1.0.1:80", "old.acme:80"]}},
                    "till": {
                        "hosts": ["till.acme.example"],
                        "upstream": {"endpoints": ["10.1.0.2:80"]},
                        "criticality": "critical",
                        "mode": "observe",
                        "bulkhead": {"in_flight": {"guaranteed": 10, "maximum": 90}},
                    },
                },
            },
            "globex": {
                "services": {
                    "mail": {
                        "hosts": ["mail.globex.example", "*.Apps.globex.example"],
                        "upstream": {
                            "endpoints": ["10.1.0.3:80"],
                            "standbys": {"west": {"endpoints": ["10.1.0.4:80"]}},
                        },
                    }
                }
            },
        },
    }


def read(tree: Tree) -> Intent:
    return Intent(Platform.model_validate(tree, context=WRITTEN))


def put(tree: Tree, path: str, value: object) -> Tree:
    """Write a value, or take it away if it is None."""
    place: Any = tree
    *above, last = path.split(".")
    for key in above:
        place = place.setdefault(key, {})
    if value is None:
        del place[last]
    else:
        place[last] = value
    return tree


def judge(*edits: tuple[str, object]) -> list[str]:
    """The places of all trespasses of acme's owner who makes these edits."""
    tree = make_tree()
    for path, value in edits:
        put(tree, path, value)
    found = find_trespasses(read(make_tree()), read(tree), OURS)
    assert all(each.message for each in found)
    return [".".join(map(str, each.path)) for each in found]


SEND = {"name": "send", "match": {"methods": ["POST"]}}
NEW = {"hosts": ["new.acme.example"], "upstream": {"endpoints": ["10.1.0.9:80"]}}
OWN = [
    (f"{SHOP}.hosts", ["www.acme.example", "*.acme.example"]),
    (f"{SHOP}.upstream.endpoints", ["10.1.7.7:80", "old.acme:80"]),
    (f"{SHOP}.upstream.standbys", {"a": {"endpoints": ["10.1.7.8:80"]}}),
    (f"{SHOP}.routes", [{**SEND, "deferred": {"body_max": "1MiB"}}]),
    (f"{SHOP}.limits", {"requests": "900/s"}),
    (f"{SHOP}.routes", [{"name": "a", "match": {"path": {"prefix": "/a"}}}]),
    (f"{SHOP}.criticality", "sheddable"),
    (f"{SHOP}.mode", "enforce"),
    (f"{SHOP}.response", "act"),
    (f"{SHOP}.bulkhead", {"in_flight": {"guaranteed": 0, "maximum": 20}}),
    (f"{SHOP}.accept", {"body_max": "1MiB"}),
    ("tenants.acme.services.till.criticality", "sheddable_plus"),
    ("tenants.acme.services.till.mode", "enforce"),
    ("tenants.acme.services.till.bulkhead.in_flight", {"guaranteed": 5, "maximum": 50}),
    ("tenants.acme.services.till", None),
    ("tenants.acme.services.new", NEW),
    ("tenants.acme.contact", "ops@acme.example"),
    ("tenants.acme.consent", {"deny": False}),
]
FOREIGN = [
    ("name", "other", "name"),
    ("mode", "observe", "mode"),
    ("bounds.requests_max", "9000/s", "bounds.requests_max"),
    ("defaults.criticality", "critical", "defaults.criticality"),
    ("pools.backends.addresses", "10.0.0.0/8", "pools.backends.addresses"),
    ("locations.here.capacity.in_flight", 900, "locations.here.capacity.in_flight"),
    ("tenants.globex", None, "tenants.globex"),
    ("tenants.hooli", {"services": {}}, "tenants.hooli"),
    ("tenants.acme", None, "tenants.acme"),
    ("tenants.acme.owners", ["ann", "bob"], "tenants.acme.owners"),
    ("tenants.acme.owners", ["bob"], "tenants.acme.owners.0"),
    ("tenants.globex.contact", "x@globex.example", "tenants.globex.contact"),
    (f"{MAIL}.limits", {"requests": "1/s"}, MAIL),
    (MAIL, None, MAIL),
    ("tenants.globex.services.more", NEW, "tenants.globex.services.more"),
    (f"{SHOP}.hosts", ["shop.acme.example", "MAIL.globex.example"], f"{SHOP}.hosts.1"),
    (f"{SHOP}.hosts", ["*.globex.example"], f"{SHOP}.hosts.0"),
    (f"{SHOP}.hosts", ["a.b.apps.globex.example"], f"{SHOP}.hosts.0"),
    (f"{SHOP}.hosts", ["*.b.apps.globex.example"], f"{SHOP}.hosts.0"),
    (f"{SHOP}.hosts", ["*.example"], f"{SHOP}.hosts.0"),
    (f"{SHOP}.upstream.endpoints", ["10.2.0.1:80"], f"{SHOP}.upstream.endpoints.0"),
    (f"{SHOP}.upstream.endpoints", ["10.1.0.1:80", "metadata.internal:80"], f"{SHOP}.upstream.endpoints.1"),
    (f"{SHOP}.upstream.endpoints", ["[::1]:80"], f"{SHOP}.upstream.endpoints.0"),
    (f"{SHOP}.upstream.endpoints", ["10.1.0.3:80"], f"{SHOP}.upstream.endpoints.0"),
    (f"{SHOP}.upstream.endpoints", ["10.1.0.4:80"], f"{SHOP}.upstream.endpoints.0"),
    (f"{SHOP}.upstream.standbys", {"a": {"endpoints": ["10.2.0.1:80"]}}, f"{SHOP}.upstream.standbys.a.endpoints.0"),
    (f"{SHOP}.routes", [{**SEND, "deferred": {"body_max": "2MiB"}}], f"{SHOP}.routes.deferred.body_max"),
    (f"{SHOP}.upstream.endpoints", ["OLD.acme:80", "[::ffff:10.1.0.9]:80"], f"{SHOP}.upstream.endpoints.1"),
    (f"{SHOP}.upstreams", {"b": {"endpoints": ["127.0.0.1:9"]}}, f"{SHOP}.upstreams.b.endpoints.0"),
    (f"{SHOP}.upstream.endpoints_from", {"file": "/etc/shadow"}, f"{SHOP}.upstream.endpoints_from"),
    (f"{SHOP}.criticality", "critical", f"{SHOP}.criticality"),
    ("tenants.acme.services.till.criticality", "critical_plus", "tenants.acme.services.till.criticality"),
    (f"{SHOP}.mode", "observe", f"{SHOP}.mode"),
    (f"{SHOP}.response", "observe", f"{SHOP}.response"),
    (f"{SHOP}.bulkhead", {"in_flight": {"guaranteed": 1, "maximum": 20}}, f"{SHOP}.bulkhead.in_flight.guaranteed"),
    (f"{SHOP}.bulkhead", {"in_flight": {"guaranteed": 0, "maximum": 60}}, f"{SHOP}.bulkhead.in_flight.maximum"),
    (f"{SHOP}.bulkhead", {"pending": 65}, f"{SHOP}.bulkhead.pending"),
    (f"{SHOP}.bulkhead", {"connections": 65}, f"{SHOP}.bulkhead.connections"),
    (f"{SHOP}.accept", {"body_max": "2MiB"}, f"{SHOP}.accept.body_max"),
    (f"{SHOP}.upstream.retries", {"body_max": "2MiB"}, f"{SHOP}.upstream.retries.body_max"),
    ("tenants.acme.services.new", {**NEW, "criticality": "critical"}, "tenants.acme.services.new.criticality"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), OWN, ids=[path for path, _ in OWN])
def test_what_is_its_own(path: str, value: object) -> None:
    assert judge((path, value)) == []


@pytest.mark.parametrize(("path", "value", "place"), FOREIGN, ids=[f"{path}={value}" for path, value, _ in FOREIGN])
def test_what_is_not(path: str, value: object, place: str) -> None:
    assert judge((path, value))[0] == place


def test_a_service_that_takes_another_tenants_name_is_foreign() -> None:
    tree = make_tree()
    tree["tenants"]["acme"]["services"]["mail"] = tree["tenants"]["globex"]["services"].pop("mail")
    (found,) = find_trespasses(read(make_tree()), read(tree), OURS)
    assert found.message == "service mail is globex's"


@given(st.lists(st.sampled_from(range(len(FOREIGN))), min_size=1, max_size=4, unique=True), st.sampled_from(OWN))
def test_no_offence_hides_another_and_none_is_hidden_by_what_is_its_own(
    chosen: list[int], own: tuple[str, object]
) -> None:
    edits = [(path, value) for path, value, _ in (FOREIGN[n] for n in chosen)]
    taken = [*edits, own]
    paths = [path for path, _ in taken]
    assume(not any(a.startswith(b) for i, a in enumerate(paths) for j, b in enumerate(paths) if i != j))
    found = judge(own, *edits)
    for n in chosen:
        assert FOREIGN[n][2] in found


@pytest.mark.parametrize(
    ("pool", "endpoint", "open_to_owner"),
    [
        ("0.0.0.0/0", "192.0.2.7:80", True),
        ("0.0.0.0/0", "127.0.0.1:9901", False),
        ("0.0.0.0/0", "169.254.169.254:80", False),
        ("::/0", "[::1]:9901", False),
        ("::/0", "[::ffff:127.0.0.1]:9901", False),
        ("::/0", "[2001:db8::7]:80", True),
        ("127.0.0.0/8", "127.0.0.1:9901", True),
        ("169.254.7.0/24", "169.254.7.7:80", True),
    ],
)
def test_a_pool_of_everything_is_none_of_what_only_an_edge_can_reach(
    pool: str, endpoint: str, open_to_owner: bool
) -> None:
    old = put(make_tree(), "pools.backends.addresses", pool)
    new = put(put(make_tree(), "pools.backends.addresses", pool), f"{SHOP}.upstream.endpoints", [endpoint])
    assert (find_trespasses(read(old), read(new), OURS) == ()) is open_to_owner


def test_nothing_changed_is_no_offence_for_anybody() -> None:
    same = read(make_tree())
    assert find_trespasses(same, same, frozenset()) == ()


def test_an_owner_takes_upon_itself_only_what_its_own_services_bear() -> None:
    same = read(make_tree())
    dangers = (
        Danger("requests-lost", "m", ("shop",)),
        Danger("demoted", "m", ("till", "mail")),
        Danger("location-gone", "m"),
        Danger("double-slash", "m", ("shop",)),
        Danger("double-slash", "m", ("mail",)),
    )
    assert list_withheld(dangers, same, same, OURS) == {"demoted", "location-gone", "double-slash"}
