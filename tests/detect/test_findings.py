"""Findings open at once, close when it is calm, and are bounded."""

from math import isnan

import numpy as np

from holdfast.detect.charts.chart import COLUMNS, Chart
from holdfast.detect.findings import CALM_S, FINDINGS_MAX, Findings, Sighting
from holdfast.model.finding import Evidence, FindingKind, Tier


def sight(service: str, tier: Tier = Tier.UNUSUAL, *, clear: bool = True, score: float = 1.0) -> Sighting:
    evidence = Evidence(now=2.0, usual=1.0, score=score)
    return Sighting(FindingKind.SURGE, tier, evidence, began_at=90.0, clear=clear, service=service)


def test_a_finding_opens_at_once_keeps_its_beginning_and_closes_after_the_calm() -> None:
    findings = Findings()
    first = findings.update([sight("shop")], 100.0)
    assert first.opened == {("surge", "shop")}
    again = findings.update([sight("shop")], 101.0)
    assert not again.opened
    (finding,) = again.findings.values()
    assert (finding.began_at, finding.seen_at) == (90.0, 101.0)
    assert ("surge", "shop") in findings.update([], 101.0 + CALM_S - 0.1).findings
    last = findings.update([], 101.0 + CALM_S)
    assert last.closed == {("surge", "shop")}
    assert not last.findings


def test_what_isnt_clear_keeps_a_finding_open_and_opens_none() -> None:
    findings = Findings()
    assert not findings.update([sight("shop", clear=False)], 100.0).findings
    findings.update([sight("shop")], 101.0)
    assert findings.update([sight("shop", clear=False)], 101.0 + CALM_S + 1).findings


def test_what_becomes_harmful_is_opened_again_and_stays_harmful_for_a_while() -> None:
    findings = Findings()
    findings.update([sight("shop")], 100.0)
    assert findings.update([sight("shop", Tier.HARMFUL)], 101.0).opened == {("surge", "shop")}
    (finding,) = findings.update([sight("shop")], 105.0).findings.values()
    assert finding.tier is Tier.HARMFUL
    (finding,) = findings.update([sight("shop")], 101.0 + CALM_S).findings.values()
    assert finding.tier is Tier.UNUSUAL


def test_only_so_many_are_told_the_worst_first() -> None:
    findings = Findings()
    many = [sight(f"s{n}", score=float(n)) for n in range(FINDINGS_MAX + 9)]
    result = findings.update([*many, sight("worst", Tier.HARMFUL, score=0.1)], 100.0)
    assert len(result.findings) == FINDINGS_MAX
    assert result.left_out == 10
    assert [key[1] for key in result.findings][:2] == ["worst", f"s{FINDINGS_MAX + 8}"]


def test_a_chart_has_a_point_for_each_step_and_none_where_nothing_was_known() -> None:
    chart = Chart(1.0, 5, 1)
    column = np.array([[2.0]] * len(COLUMNS), np.float32)
    for now in (0.5, 1.0, 1.5, 2.0, 4.5, 5.0):
        chart.add(column, 0.5, now)
    series = chart.read(0)
    assert series.ends_at == 5.0
    assert [value for value in series.values["offered"] if not isnan(value)] == [4.0, 4.0, 4.0, 4.0]
    assert [isnan(value) for value in series.values["offered"]] == [False, False, True, False, False]
    assert series.values["in-flight"][-1] == 2.0
