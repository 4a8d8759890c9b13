"""What the watch is told of a platform."""

from holdfast.detect.traits import describe_location, describe_service
from holdfast.model.intent import Intent
from holdfast.model.platform import (
    Bulkhead,
    Capacity,
    Criticality,
    Edge,
    InFlight,
    Limits,
    Location,
    Platform,
    Service,
    Tenant,
)
from holdfast.model.upstream import Upstream

EAST = Location(edges=(Edge(name="east-1", listen="127.0.0.1:1"),), capacity=Capacity(in_flight=100, requests=1_000.0))
WEST = Location(edges=(Edge(name="west-1", listen="127.0.0.1:2"),), capacity=Capacity(in_flight=40, requests=400.0))
SHOP = Service(
    hosts=("shop.example",),
    upstream=Upstream(endpoints=("127.0.0.1:3",)),
    criticality=Criticality.CRITICAL,
    limits=Limits(requests=200.0),
)
WALLED = SHOP.model_copy(update={"bulkhead": Bulkhead(in_flight=InFlight(guaranteed=5, maximum=9))})
INTENT = Intent(
    Platform(
        holdfast=1,
        name="test",
        locations={"east": EAST, "west": WEST},
        tenants={"acme": Tenant(services={"shop": SHOP, "walled": WALLED})},
    )
)


def test_a_service_is_described_as_it_is_held() -> None:
    shop = describe_service(INTENT, "shop")
    assert (shop.tenant, shop.locations, shop.criticality) == ("acme", ("east", "west"), Criticality.CRITICAL)
    assert shop.capacity_rps == 200
    assert shop.in_flight == InFlight(guaranteed=0, maximum=10)
    assert describe_service(INTENT, "walled").in_flight == InFlight(guaranteed=5, maximum=9)


def test_limits_that_its_owner_chose_are_its_capacity() -> None:
    owned = INTENT.with_owner_limits({"shop": Limits(requests=50.0)})
    assert describe_service(owned, "shop").capacity_rps == 50


def test_a_location_is_described_by_what_it_carries() -> None:
    east = describe_location(EAST, edge_cores=2.0)
    assert (east.edges, east.capacity.in_flight, east.edge_cores) == (("east-1",), 100, 2.0)
