"""What each agent of a location is given: what all share, and what is its edge's own."""

import asyncio
from pathlib import Path

from holdfast.adapters.xds.fleet import FleetServer
from holdfast.compile import names, owner_of
from holdfast.model.resource import Resource, ResourceType, index_resources

EDGES = ("e1", "e2")
SHARED = ((ResourceType.CLUSTER, "shop"), (ResourceType.SCOPE, "*.shop.example"), (ResourceType.RUNTIME, "holdfast"))


def test_an_agent_sees_what_is_shared_and_what_is_its_own(tmp_path: Path) -> None:
    own = [
        (kind, name)
        for edge in EDGES
        for kind, name in (
            (ResourceType.LISTENER, names.listener_name(edge)),
            (ResourceType.EXTENSION, names.own(names.MITIGATIONS_FILTER, edge)),
            (ResourceType.RUNTIME, names.own(names.RUNTIME_LAYER, edge)),
        )
    ]

    async def scenario() -> None:
        fleet = FleetServer(str(tmp_path / "socket"), owner_of)
        fleet.expect(dict.fromkeys(EDGES, "here"))
        fleet.replace("here", index_resources(Resource.of(kind, name, b"x") for kind, name in (*SHARED, *own)))
        for edge in EDGES:
            subscriber = fleet._admit(edge)
            assert subscriber is not None
            assert subscriber.visible is not None
            seen = {(kind, name) for kind, name in (*SHARED, *own) if subscriber.visible(kind, name)}
            assert seen == {*SHARED, *(each for each in own if each[1].endswith(f"/{edge}"))}
        assert fleet._admit("e3") is None

    asyncio.run(scenario())
