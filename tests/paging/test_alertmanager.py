"""The real Alertmanager sends its webhook to a real control."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which
from typing import Any

import httpx
import pytest

from fakes.process import free_port, until
from fakes.running import RunningControl, run_in_thread, short_directory
from holdfast.engine.incident_command import AcknowledgeIncident
from holdfast.model.incident import Impact, Incident, Occasion, Phase

CONFIG = """
route: {{receiver: holdfast, group_by: [alertname], group_wait: 50ms, group_interval: 500ms, repeat_interval: 1h}}
receivers:
  - name: holdfast
    webhook_configs:
      - url: {url}/v1/alertmanager
        http_config: {{authorization: {{credentials_file: {token}}}}}
"""
GROUP: dict[str, Any] = {
    "version": "4",
    "groupKey": '{}:{alertname="Slow"}',
    "status": "firing",
    "commonLabels": {"alertname": "Slow"},
    "alerts": [{"status": "firing", "labels": {"alertname": "Slow"}, "startsAt": "2026-01-05T10:00:00.5Z"}],
    "field_of_a_later_version": [],
}


@pytest.fixture(scope="module")
def control() -> Iterator[RunningControl]:
    with short_directory() as folder, run_in_thread(folder / "state") as running:
        yield running


@contextmanager
def run_alertmanager(folder: Path, control: RunningControl) -> Iterator[httpx.Client]:
    """An Alertmanager that tells a control; a client of its API."""
    binary = which("prometheus-alertmanager")
    assert binary, "apt-get install prometheus-alertmanager"
    config = folder / "alertmanager.yaml"
    config.write_text(CONFIG.format(url=control.url, token=control.state.admin_token))
    address = f"127.0.0.1:{free_port()}"
    command = (
        binary, f"--config.file={config}", f"--storage.path={folder}", f"--web.listen-address={address}",
        "--cluster.listen-address=",
    )  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://{address}/api/v2") as client:
            until(lambda: is_ready(client), "Alertmanager answers")
            yield client
    finally:
        process.terminate()
        process.wait()


def is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/status").is_success
    except httpx.TransportError:
        return False


def fire(client: httpx.Client, name: str, *, over: bool = False, **labels: str) -> None:
    now = datetime.now(UTC)
    ends = {"endsAt": now.isoformat()} if over else {"endsAt": (now + timedelta(hours=1)).isoformat()}
    alert = {
        "labels": {"alertname": name, **labels},
        "annotations": {"summary": "it\x1b[31m is slow"},
        "startsAt": (now - timedelta(minutes=2)).isoformat(),
        **ends,
    }
    client.post("/alerts", json=[alert]).raise_for_status()


def find(control: RunningControl, name: str) -> Incident | None:
    records = control.running.control.state.incidents.values()
    return next((r.incident for r in records if r.incident.title.startswith(name)), None)


def wait_for(control: RunningControl, name: str, holds: Callable[[Incident], bool]) -> Incident:
    until(lambda: (found := find(control, name)) is not None and holds(found), f"the incident of {name}")
    found = find(control, name)
    assert found is not None
    return found


def test_an_alert_opens_an_incident_and_resolves_it_when_it_is_over(control: RunningControl, tmp_path: Path) -> None:
    with run_alertmanager(tmp_path, control) as client:
        fire(client, "HighLatency", severity="warning", job="shop")
        incident = wait_for(control, "HighLatency", lambda found: found.is_open)
        assert incident.title == "HighLatency: it [31m is slow"
        assert incident.impact is Impact.MINOR
        assert incident.occasion is Occasion.ALERT
        assert 100 < incident.opened_at - incident.began_at < 200
        fire(client, "HighLatency", severity="critical", job="mail")
        worse = wait_for(control, "HighLatency", lambda found: found.impact is Impact.CRITICAL)
        assert worse.led_by is None, "a program leads nothing"
        fire(client, "HighLatency", over=True, severity="critical", job="mail")
        fire(client, "HighLatency", over=True, severity="warning", job="shop")
        wait_for(control, "HighLatency", lambda found: found.phase is Phase.RESOLVED)


def test_people_who_work_on_an_incident_say_themselves_when_it_is_over(control: RunningControl, tmp_path: Path) -> None:
    with run_alertmanager(tmp_path, control) as client:
        fire(client, "DiskFull", severity="critical")
        incident = wait_for(control, "DiskFull", lambda found: found.is_open)
        control.submit(AcknowledgeIncident("ann", incident.id))
        fire(client, "DiskFull", over=True, severity="critical")
        records = control.running.control.state.incidents
        until(lambda: records_notes(control, incident.id), "the note that the alert is resolved")
        assert records[incident.id].incident.is_open


def records_notes(control: RunningControl, incident: str) -> bool:
    return bool(control.running.control.state.incidents[incident].notes)


def test_the_same_group_again_opens_nothing(control: RunningControl) -> None:
    with control.client() as client:
        first, second = (client.post("/v1/alertmanager", json=GROUP).raise_for_status().json() for _ in range(2))
    assert first["outcome"] == "opened"
    assert second == {"incident": first["incident"], "outcome": "known"}


@pytest.mark.parametrize(
    "change",
    [{"version": "3"}, {"groupKey": ""}, {"alerts": [{}]}, {"alerts": [{"status": "firing", "labels": {"a": 1}}]},
     {"commonLabels": {f"l{n}": "" for n in range(1_001)}}, {"status": "late"}],
)  # fmt: skip
def test_what_isnt_a_group_of_alerts_is_refused(control: RunningControl, change: dict[str, Any]) -> None:
    with control.client() as client:
        assert client.post("/v1/alertmanager", json={**GROUP, **change}).status_code == 422


def test_viewers_open_no_incidents(control: RunningControl) -> None:
    with control.client(control.make_token("viewer")) as client:
        assert client.post("/v1/alertmanager", json=GROUP).status_code == 403


def test_an_endless_number_of_groups_opens_a_bounded_number_of_incidents(control: RunningControl) -> None:
    with control.client() as client:
        answers = [
            client.post("/v1/alertmanager", json={**GROUP, "groupKey": f"key {n}"}).status_code for n in range(105)
        ]
    assert answers[-1] == 503, "Alertmanager tries again later"
    records = control.running.control.state.incidents.values()
    assert sum(record.incident.is_open for record in records) <= 101
