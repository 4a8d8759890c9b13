"""What an agent says that its edge has."""

from holdfast.adapters.xds.messages import Response
from holdfast.adapters.xds.relay import Relay
from holdfast.model.resource import Resource, ResourceKey, ResourceType

KEY = ResourceKey(ResourceType.RUNTIME, "holdfast")


def test_what_waits_for_a_hung_envoy_isnt_told_to_be_there_when_control_comes_back() -> None:
    before, after = (Resource(KEY, version, version.encode()) for version in ("1", "2"))
    relay = Relay({KEY: before}, lambda _: None)
    relay.take(Response(KEY.type, "n", (after,), ()), lambda *_: None)
    relay.forget_waiting()
    assert relay.versions(KEY.type) == (("holdfast", "1"),)
