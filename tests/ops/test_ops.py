"""Alert rules and dashboard are current, speak of metrics that exist, and do what they are for."""

import json
import re
import runpy
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.adapters.metrics.table import find_series

ROOT = Path(__file__).parents[2]
OPS = ROOT / "ops"
ALERTS = OPS / "prometheus" / "alerts.yaml"
TESTS = sorted(Path(__file__).parent.glob("*.test.yaml"))
WRITTEN = [(script, page) for script in sorted(OPS.glob("write_*.py")) for page in runpy.run_path(str(script))["PAGES"]]
SERIES = re.compile(r"\bholdfast_[a-z_]+\b")


def promtool(*arguments: str, given: str = "") -> str:
    done = subprocess.run(["promtool", *arguments], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def read_alerts() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def read_queries() -> Iterator[str]:
    dashboard = json.loads((OPS / "grafana" / "holdfast.json").read_text())
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    for variable in dashboard["templating"]["list"][1:]:
        yield variable["query"]["query"].removeprefix("label_values(").partition(",")[0]


@pytest.mark.parametrize(("script", "page"), WRITTEN, ids=[page for _, page in WRITTEN])
def test_what_is_written_is_current(script: Path, page: str) -> None:
    assert (OPS / page).read_text(encoding="utf-8") == runpy.run_path(str(script))["PAGES"][page](), "run: ./dev docs"


def test_promtool_takes_the_rules() -> None:
    assert f"SUCCESS: {len(read_alerts())} rules found" in promtool("check", "rules", str(ALERTS))


def test_every_alert_fires_on_what_it_is_for() -> None:
    assert "SUCCESS" in promtool("test", "rules", *map(str, TESTS))
    read = [yaml.safe_load(file.read_text()) for file in TESTS]
    cases = [case for file in read for test in file["tests"] for case in test["alert_rule_test"]]
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == {rule["alert"] for rule in read_alerts()}


def test_every_query_of_the_dashboard_is_taken_and_speaks_of_metrics_that_exist(tmp_path: Path) -> None:
    queries = list(read_queries())
    assert len(queries) > 40
    for query in queries:
        found = SERIES.findall(query)
        assert found
        assert all(find_series(name) for name in found)
    plain = [re.sub(r"\$__rate_interval", "1m", re.sub(r"\$(?:location|service)", ".*", query)) for query in queries]
    rules = [{"record": f"holdfast:query:{number}", "expr": query} for number, query in enumerate(plain)]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"SUCCESS: {len(rules)} rules found" in promtool("check", "rules", str(file))


def test_labels_in_expressions_are_those_of_the_table() -> None:
    for query in [*read_queries(), *(rule["expr"] for rule in read_alerts())]:
        for name, selector in re.findall(r"\b(holdfast_[a-z_]+)\{([^}]*)\}", query):
            used = set(re.findall(r"([a-z_]+)(?:=~|!=|!~|=)", selector))
            assert used <= set(find_series(name).labels), query


def test_panels_lie_beside_each_other() -> None:
    panels = json.loads((OPS / "grafana" / "holdfast.json").read_text())["panels"]
    taken = set[tuple[int, int]]()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in panels}) == len(panels)
