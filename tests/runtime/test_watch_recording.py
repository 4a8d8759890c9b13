from holdfast.detect.attribution import Attribution
from holdfast.detect.tick_result import TickResult
from holdfast.engine.command import CloseFinding, OpenFinding, UpdateFinding
from holdfast.model.finding import Evidence, Finding, FindingKind, Tier
from holdfast.model.source_rule import Dimension, SourceMatch, SourceRule
from holdfast.model.state import State
from holdfast.runtime.watch.recording import RESTART_GRACE_S, record_findings

SOURCE = SourceRule(matches=(SourceMatch(dimension=Dimension.NETWORK, values=("192.0.2.0/24",)),))
TOLD = {"shop": Attribution(samples=200, source=SOURCE, removes=0.9, spares=1.0, traffic_class="GET /")}


def surge(seen_at: float = 100.0, tier: Tier = Tier.HARMFUL, now: float = 500.0) -> Finding:
    evidence = Evidence(now=now, usual=20.0)
    return Finding(
        kind=FindingKind.SURGE,
        tier=tier,
        service="shop",
        tenant="acme",
        began_at=99.0,
        seen_at=seen_at,
        evidence=evidence,
    )


def seen(*findings: Finding, at: float = 100.0) -> TickResult:
    return TickResult(at, {finding.key: finding for finding in findings})


def test_a_harmful_finding_is_opened_with_its_source() -> None:
    (opened,) = record_findings(State(), seen(surge()), TOLD, 0.0)
    assert isinstance(opened, OpenFinding)
    assert opened.finding.source == SOURCE
    assert opened.finding.evidence.samples == 200


def test_what_is_merely_unusual_is_not_recorded() -> None:
    assert record_findings(State(), seen(surge(tier=Tier.UNUSUAL)), TOLD, 0.0) == ()


def test_an_open_finding_is_not_opened_again() -> None:
    state = State(findings={"f-1": surge()})
    assert record_findings(state, seen(surge(101.0), at=101.0), {}, 0.0) == ()


def test_its_source_is_news() -> None:
    state = State(findings={"f-1": surge()})
    (update,) = record_findings(state, seen(surge(100.25), at=100.25), TOLD, 0.0)
    assert isinstance(update, UpdateFinding)
    assert (update.id, update.finding.source) == ("f-1", SOURCE)
    assert update.finding.seen_at == state.findings["f-1"].seen_at


def test_its_numbers_are_news_when_they_are_much_higher() -> None:
    state = State(findings={"f-1": surge()})
    assert record_findings(state, seen(surge(101.0, now=700.0)), {}, 0.0) == ()
    (update,) = record_findings(state, seen(surge(101.0, now=800.0)), {}, 0.0)
    assert isinstance(update, UpdateFinding)


def test_a_finding_that_is_gone_is_closed() -> None:
    (closed,) = record_findings(State(findings={"f-1": surge()}), seen(at=130.0), {}, 0.0)
    assert isinstance(closed, CloseFinding)


def test_after_a_restart_a_finding_of_before_stays_open_while_the_watch_learns() -> None:
    state, since = State(findings={"f-1": surge()}), 200.0
    assert record_findings(state, seen(at=since + 1), {}, since) == ()
    assert len(record_findings(state, seen(at=since + RESTART_GRACE_S), {}, since)) == 1
