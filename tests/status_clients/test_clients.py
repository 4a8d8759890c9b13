"""Programs that read Statuspage read the status site unchanged: one from npm, one from PyPI."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

READ_ALL = """
const { Statuspage } = require("statuspage.io");
const client = new Statuspage("acme");
client.setApiUrl(process.argv[1]);
const { getComponents, getStatus, getSummary, incidents, scheduledMaintenances } = client.api;
(async () => console.log(JSON.stringify({
  components: await getComponents(),
  status: await getStatus(),
  summary: await getSummary(),
  incidents: await incidents.getAll(),
  unresolved: await incidents.getUnresolved(),
  windows: await scheduledMaintenances.getAll(),
  upcoming: await scheduledMaintenances.getUpcoming(),
  active: await scheduledMaintenances.getActive(),
})))();
"""
CHECK = """
import json, sys
from statuspage_prometheus_exporter.service_checker import check_status_page_service
print(json.dumps(check_status_page_service("acme", {"url": sys.argv[1] + "/api/v2/summary.json", "name": "Acme"})))
"""


def run(command: list[str], folder: Path, **environment: str) -> dict[str, Any]:
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_the_client_from_npm_reads_every_answer(node_modules: Path, address: str) -> None:
    read = run(["node", "-e", READ_ALL, address], node_modules)
    assert read["status"]["status"] == {"indicator": "major", "description": "Partial System Outage"}
    statuses = {each["name"]: each["status"] for each in read["components"]["components"]}
    assert statuses == {"Web shop": "partial_outage", "API": "under_maintenance", "Shops": "partial_outage"}
    assert [each["id"] for each in read["incidents"]["incidents"]] == ["i-2", "i-1"]
    assert [each["id"] for each in read["unresolved"]["incidents"]] == ["i-2"]
    for name in ("windows", "upcoming", "active"):  # of all three this client reads upcoming.json
        assert [each["id"] for each in read[name]["scheduled_maintenances"]] == ["w-1"]
    assert read["summary"]["components"] == read["components"]["components"]
    assert read["summary"]["incidents"] == read["unresolved"]["incidents"]


def test_the_client_from_pypi_reads_the_summary(tmp_path: Path, address: str) -> None:
    (tmp_path / "services.json").write_text("{}")
    read = run([sys.executable, "-c", CHECK, address], tmp_path, HOME=str(tmp_path))
    assert read["success"]
    assert (read["raw_status"], read["status_text"]) == ("major", "Major Outage")
    (incident,) = read["incident_metadata"]
    assert (incident["id"], incident["impact"], incident["affected_components"]) == ("i-2", "major", ["Web shop"])
    assert {each["id"] for each in read["maintenance_metadata"]} == {"w-1", "w-2"}
    components = {each["name"]: each["status_value"] for each in read["component_metadata"]}
    assert components == {"Web shop": 0, "API": 0, "Shops": 0}
