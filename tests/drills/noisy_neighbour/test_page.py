import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from drills.noisy_neighbour.block_samples import make_pairs, make_records
from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.drill import Played
from holdfast.drills.noisy_neighbour.cast import draw_cast
from holdfast.drills.noisy_neighbour.evidence import Evidence, make_page
from holdfast.drills.noisy_neighbour.kill_timer import TimedKill
from holdfast.drills.noisy_neighbour.kills import KillsRun
from holdfast.drills.noisy_neighbour.measures import add_side_run, measure_kills, measure_mode
from holdfast.drills.noisy_neighbour.scenario import NoisyNeighbour
from holdfast.drills.report.page import render_report, write_report
from holdfast.drills.report.words import format_measure
from holdfast.drills.result import DrillResult, Measure, Moment, judge
from holdfast.drills.sheet import Sheet

SCENARIO = load_scenario_of(NoisyNeighbour, "noisy-neighbour")
VOID = {"meta"}
LOADING = {"script", "link", "img", "iframe", "object", "embed", "image", "use"}


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def play(*, failed: int = 0, moment: str = "it began") -> Played:
    sheet = Sheet(SCENARIO, 1, protected=True, short=False)
    evidence = Evidence(modes={"queue": make_pairs(failed=failed)}, sides={"sweep_3000": make_pairs(flood_ms=9.0)})
    fields = {"called_ns": 0, "answered_ms": 5.0, "lifted_ms": 5.0, "leaks": 0}
    kills = [TimedKill(service="tenant-21", in_force_ms=9.0 + n, **fields) for n in range(5)]
    evidence.kills = KillsRun(kills, make_records(100))
    measure_mode(sheet, "queue", evidence.modes["queue"])
    add_side_run(sheet, "sweep_3000", evidence.sides["sweep_3000"])
    measure_kills(sheet, evidence.kills, 5)
    result = DrillResult(
        scenario="noisy-neighbour",
        protected=True,
        seed=1,
        short=False,
        verdict=judge(sheet.measures, sheet.invalid_because),
        measures=sheet.measures,
        timeline=(Moment(at_s=0.0, what=moment),),
        versions={"holdfast": "1"},
        machine={"cores": 2, "edge_cores": [1]},
    )
    page = make_page(SCENARIO, draw_cast(SCENARIO, 1), evidence, sheet.measures)
    return Played(result, tuple(sheet.invalid_because), page)


@pytest.mark.parametrize("failed", [0, 900, 1_700])
def test_a_report_is_whole_and_loads_nothing(failed: int) -> None:
    page = Page(render_report(play(failed=failed)))
    assert page.open == []
    assert not page.tags & LOADING
    assert not [pair for pair in page.attributes if pair[0] in {"src", "href", "xlink:href"} or "url(" in pair[1]]


def test_a_report_shows_verdict_measures_and_every_block() -> None:
    played = play()
    page = Page(render_report(played))
    for told in ("pass", "queue bystander success", "kill in force p99", "tenant-", "it began", "sweep 3000"):
        assert told in page.text
    assert page.text.count("1,700") >= 4 * 8


def test_what_a_report_tells_is_escaped() -> None:
    assert "<b>bold</b>" not in render_report(play(moment="<b>bold</b>"))


def test_the_result_is_written_beside_the_report(tmp_path: Path) -> None:
    played = play()
    path = write_report(played, tmp_path / "reports" / "one")
    assert path.read_text("utf-8").startswith("<!doctype html>")
    written = json.loads((path.parent / "result.json").read_text())
    assert DrillResult.model_validate(written) == played.result


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (100.0, "%", "100%"),
        (99.99941, "%", "99.999%"),
        (1.234, "x", "1.23x"),
        (float("inf"), "ms", "∞ ms"),
        (30_012.4, "requests/s", "30,012 requests/s"),
        (6.2345, "ms", "6.23 ms"),
    ],
)
def test_measures_are_short_and_hide_nothing(value: float, unit: str, told: str) -> None:
    assert format_measure(Measure(value=value, unit=unit)) == told
