"""What control tells the spooler: what may be deferred, and which edges may still route as they did."""

from typing import Any

import pytest

from fakes.running import PLATFORM
from holdfast.model.edge import EdgeState, EdgeStatus
from holdfast.model.platform import Platform
from holdfast.runtime.recovery.spool_settings import make_settings
from holdfast.runtime.recovery.spooling import AWAY_S_MAX, may_route_otherwise
from holdfast.spec import check_text

NOW = 1_000.0


def read(**deferred: dict[str, Any]) -> Platform:
    """The platform, with routes of the shop by name that may be deferred so."""
    checked = check_text(PLATFORM, "p.yaml").platform
    assert checked is not None
    shop = checked.tenants["acme"].services["shop"]
    routes = [{"name": name, "deferred": how} for name, how in deferred.items()]
    given = checked.model_dump(mode="json")
    given["tenants"]["acme"]["services"]["shop"] = shop.model_dump(mode="json") | {"routes": routes}
    return Platform.model_validate(given)


def test_the_spooler_knows_what_may_be_deferred_and_no_other_service() -> None:
    settings = make_settings([read(send={"priority": 2})], {"e1": "/x/inner.sock"})
    assert set(settings.services) == {"shop"}
    assert settings.services["shop"].tenant == "acme"
    assert settings.services["shop"].routes["send"].priority == 2
    assert settings.edges == {"e1": "/x/inner.sock"}


def test_while_a_revision_goes_out_what_either_defers_is_taken() -> None:
    settings = make_settings([read(old={}, both={"priority": 1}), read(new={}, both={"priority": 3})], {})
    routes = settings.services["shop"].routes
    assert (set(routes), routes["both"].priority) == ({"old", "new", "both"}, 3)


@pytest.mark.parametrize(
    ("state", "pending", "since", "may"),
    [
        (EdgeState.CONNECTED, 0, 0.0, False),
        (EdgeState.CONNECTED, 1, 0.0, True),
        (EdgeState.DISCONNECTED, 0, NOW - AWAY_S_MAX / 2, True),
        (EdgeState.DISCONNECTED, 0, NOW - AWAY_S_MAX, False),
    ],
)
def test_an_edge_that_is_away_may_route_as_it_did_for_a_while(
    state: EdgeState, pending: int, since: float, *, may: bool
) -> None:
    assert may_route_otherwise(EdgeStatus("e1", "east", state, since, pending), NOW) is may
