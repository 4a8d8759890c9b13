"""What the watch says, told as transcripts: who comes, and what is found."""

from detect.scene import Client, Scene
from holdfast.model.finding import FindingKind, Tier
from holdfast.model.platform import Capacity, InFlight
from holdfast.model.reading import ServiceReading
from holdfast.model.telemetry import Metric

CALM = {"shop": Client(20), "blog": Client(8), "api": Client(60)}
CAPACITIES = {"shop": 60.0, "blog": 100.0, "api": 500.0}
SHOP_SURGE = (FindingKind.SURGE, "shop")


def settle(**scene: object) -> Scene:
    """A minute of calm."""
    made = Scene(CAPACITIES, **scene)  # type: ignore[arg-type]
    made.play(60, CALM)
    assert not made.seen
    return made


def test_a_surge_beyond_headroom_is_harmful_and_tells_when_it_began() -> None:
    scene = settle()
    scene.play(3, {**CALM, "shop": Client(200)})
    (finding,) = scene.result.findings.values()
    assert (finding.service, finding.tenant, finding.kind, finding.tier) == ("shop", "acme", "surge", Tier.HARMFUL)
    assert finding.location == "here"
    assert abs(finding.began_at - 60) <= 0.5
    assert 100 < finding.evidence.now < 300
    assert 15 < finding.evidence.usual < 25
    assert finding.evidence.capacity == 60
    assert finding.evidence.score > finding.evidence.threshold
    assert "where it has room for 60" in finding.evidence.harms[0]


def test_a_surge_within_headroom_is_only_unusual() -> None:
    scene = settle()
    scene.play(20, {**CALM, "blog": Client(60)})
    assert {(f.service, f.kind, f.tier) for f in scene.seen.values()} == {("blog", "surge", Tier.UNUSUAL)}
    assert scene.result.unusual_services == {"blog"}


def test_a_surge_within_headroom_that_does_harm_is_harmful() -> None:
    scene = settle()
    scene.play(10, {**CALM, "blog": Client(60, failed=0.6)})
    surge = scene.result.findings[FindingKind.SURGE, "blog"]
    assert surge.tier is Tier.HARMFUL
    assert any("fail" in harm for harm in surge.evidence.harms)


def test_a_surge_that_fills_its_walls_is_harmful() -> None:
    scene = settle(in_flight=InFlight(guaranteed=2, maximum=16))
    scene.play(10, {**CALM, "blog": Client(60, in_flight=16)})
    surge = scene.result.findings[FindingKind.SURGE, "blog"]
    assert surge.tier is Tier.HARMFUL
    assert "16 of at most 16 requests in flight at here" in surge.evidence.harms


def test_a_surge_beyond_what_its_location_has_left_is_harmful() -> None:
    scene = settle(capacity=Capacity(in_flight=1_000, requests=200.0))
    scene.play(5, {**CALM, "api": Client(300)})
    assert scene.result.findings[FindingKind.SURGE, "api"].tier is Tier.HARMFUL


def test_what_is_refused_still_counts() -> None:
    scene = settle()
    scene.play(5, {**CALM, "shop": Client(200)})
    scene.play(60, {**CALM, "shop": Client(200, refused=1.0)})
    assert scene.result.findings[SHOP_SURGE].tier is Tier.HARMFUL


def test_an_attack_does_not_become_usual() -> None:
    scene = settle()
    scene.play(400, {**CALM, "shop": Client(200)})
    finding = scene.result.findings[SHOP_SURGE]
    assert finding.tier is Tier.HARMFUL
    assert finding.evidence.usual < 25


def test_findings_close_when_it_is_over_and_not_before() -> None:
    scene = settle()
    scene.play(5, {**CALM, "shop": Client(200)})
    scene.play(5, CALM)
    assert SHOP_SURGE in scene.result.findings
    scene.play(30, CALM)
    assert not scene.result.findings


def test_failures_are_found() -> None:
    scene = settle()
    scene.play(5, {**CALM, "api": Client(60, failed=0.5)})
    (finding,) = scene.result.findings.values()
    assert (finding.service, finding.kind, finding.tier) == ("api", "errors", Tier.HARMFUL)
    assert finding.evidence.now > 0.2


def test_slow_answers_are_found_at_the_step_that_tells_something() -> None:
    usual = {**CALM, "api": Client(60, slow=(0.9, 0.02, 0.0))}
    scene = Scene(CAPACITIES)
    scene.play(90, usual)
    assert not scene.seen
    assert scene.watch.read_service("api").slow_s == 1.0
    scene.play(8, {**CALM, "api": Client(60, slow=(0.95, 0.6, 0.0))})
    (finding,) = scene.result.findings.values()
    assert (finding.service, finding.kind, finding.tier) == ("api", "slowness", Tier.HARMFUL)


def test_silence_is_found_and_ends() -> None:
    scene = settle()
    scene.play(20, {**CALM, "api": Client(0)})
    (finding,) = scene.result.findings.values()
    assert (finding.service, finding.kind, finding.tier) == ("api", "silence", Tier.UNUSUAL)
    assert abs(finding.began_at - 60) <= 0.5
    scene.play(30, CALM)
    assert not scene.result.findings


def test_a_cold_start_finds_nothing() -> None:
    scene = Scene(CAPACITIES)
    scene.play(120, {**CALM, "shop": Client(55)})
    assert not scene.seen


def test_harm_beyond_capacity_is_found_even_at_a_cold_start() -> None:
    scene = Scene(CAPACITIES, in_flight=InFlight(guaranteed=1, maximum=10))
    scene.play(10, {**CALM, "shop": Client(500, in_flight=10)})
    assert scene.result.findings[SHOP_SURGE].tier is Tier.HARMFUL
    assert len(scene.result.findings) == 1


def test_a_new_revision_finds_nothing_and_forgets_nothing() -> None:
    scene = settle()
    scene.capacities_rps = {"api": 500.0, "new": 50.0, "shop": 60.0}
    scene.declare()
    scene.play(60, {"api": Client(60), "shop": Client(20), "new": Client(30)})
    assert not scene.seen
    assert 15 < scene.watch.read_service("shop").usual_rps < 25
    scene.play(3, {"api": Client(60), "shop": Client(200), "new": Client(30)})
    assert scene.result.findings[SHOP_SURGE].tier is Tier.HARMFUL


def test_findings_about_what_is_gone_are_closed() -> None:
    scene = settle()
    scene.play(5, {**CALM, "shop": Client(200)})
    scene.capacities_rps = {"blog": 100.0, "api": 500.0}
    scene.declare()
    result = scene.play(0.25, {"blog": Client(8), "api": Client(60)})
    assert not result.findings
    assert result.closed == {SHOP_SURGE}


def test_an_attack_on_one_of_two_locations_is_placed() -> None:
    two = {"east": ("east-1",), "west": ("west-1",)}
    scene = settle(edges=two)
    scene.weights = {"east-1": 50.0, "west-1": 1.0}
    scene.play(5, {**CALM, "shop": Client(200)})
    finding = scene.result.findings[SHOP_SURGE]
    assert (finding.tier, finding.location) == (Tier.HARMFUL, "east")


def test_readings_tell_what_goes_on() -> None:
    scene = settle()
    scene.play(10, {**CALM, "api": Client(60, refused=0.5, in_flight=7)})
    reading = scene.watch.read_service("api")
    assert 40 < reading.rates[Metric.OFFERED] < 80
    assert 15 < reading.rates[Metric.MITIGATED] < 45
    assert (reading.in_flight, reading.headroom_rps, reading.learned) == (7, 500.0, True)
    assert names(scene.watch.read_top(2)) == ["api", "shop"]
    assert names(scene.watch.read_top(0)) == []
    location = scene.watch.read_location("here")
    assert 60 < location.offered_rps < 120
    assert (location.in_flight, location.edges, location.blind_edges) == (7, ("edge-1",), ())
    chart = scene.watch.chart_service("api")
    assert (chart.step_s, len(chart.values["offered"])) == (1.0, 70)
    assert all(20 < rate < 110 for rate in chart.values["offered"][-5:])
    assert len(scene.watch.chart_location("here", 10).values["offered"]) == 7


def names(readings: tuple[ServiceReading, ...]) -> list[str]:
    return [reading.service for reading in readings]
