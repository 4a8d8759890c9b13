"""Locations near their capacity."""

from detect.scene import Client, Scene
from holdfast.model.finding import FindingKind, Tier
from holdfast.model.platform import Capacity

HERE = (FindingKind.SATURATION, "here")


def test_a_location_near_its_capacity_is_told_and_a_full_one_is_harmful() -> None:
    scene = Scene({"shop": 1_000.0}, capacity=Capacity(in_flight=100, requests=100_000.0))
    scene.play(40, {"shop": Client(20, in_flight=50)})
    assert not scene.seen
    scene.play(5, {"shop": Client(20, in_flight=85)})
    assert scene.result.findings[HERE].tier is Tier.UNUSUAL
    scene.play(5, {"shop": Client(20, in_flight=99)})
    full = scene.result.findings[HERE]
    assert full.tier is Tier.HARMFUL
    assert full.evidence.harms == ("in-flight at 99% of the capacity",)
    scene.play(15, {"shop": Client(20, in_flight=50)})
    assert HERE not in scene.result.findings


def test_everything_that_rises_at_once_saturates_and_is_found_by_service() -> None:
    services = {f"s{i}": Client(10) for i in range(20)}
    scene = Scene(dict.fromkeys(services, 1_000.0), capacity=Capacity(in_flight=1_000, requests=300.0))
    scene.play(60, services)
    assert not scene.seen
    scene.play(6, {name: Client(60) for name in services})
    assert scene.result.findings[HERE].tier is Tier.HARMFUL
    surges = [f for f in scene.result.findings.values() if f.kind is FindingKind.SURGE]
    assert len(surges) == 20
