"""Standbys and services that come back, over the API."""

from collections.abc import Iterator

import pytest

from fakes.running import RunningControl, run_in_thread, short_directory


@pytest.fixture(scope="module")
def control() -> Iterator[RunningControl]:
    with short_directory() as state, run_in_thread(state) as running:
        with running.client() as admin:
            text = WITH_STANDBY
            admin.post("/v1/revisions", json={"text": text, "at_once": True, "reason": "x"}).raise_for_status()
        yield running


WITH_STANDBY = """
holdfast: 1
name: small
clients: {trusted_proxies: []}
locations:
  east: {edges: [{name: e1, listen: "127.0.0.1:18080"}], capacity: {in_flight: 100, requests: 1000/s}}
bounds: {requests_max: 100/s, burst_max: 200, per_client_max: 10/s}
defaults: {limits: {requests: 50/s, per_client: {requests: 5/s}}}
sites: {east: {}, west: {}}
tenants:
  acme:
    services:
      shop:
        hosts: [shop.example]
        depends_on: [mail]
        upstream:
          endpoints: ["127.0.0.1:9000"]
          site: east
          standbys: {west: {endpoints: ["127.0.0.1:9002"], site: west}}
  globex: {services: {mail: {hosts: [mail.example], upstream: {endpoints: ["127.0.0.1:9001"]}}}}
"""


def test_readiness_is_shown_to_viewers_and_proved_for_operators(control: RunningControl) -> None:
    with control.client(control.make_token("viewer")) as viewer, control.client() as admin:
        document = viewer.get("/v1/readiness").raise_for_status().json()
        (standby,) = document["standbys"]
        assert (standby["service"], standby["standby"], standby["readiness"]) == ("shop", "west", "stale")
        assert viewer.post("/v1/readiness/shop/prove").status_code == 403
        proved = admin.post("/v1/readiness/shop/prove").raise_for_status().json()
        kinds = {proof["kind"] for proof in proved["standbys"][0]["proofs"]}
        assert {"parity", "headroom", "certificates"} <= kinds
        assert admin.get("/v1/readiness", params={"service": "mail"}).json()["without"] == ["mail"]
        refused = admin.post("/v1/readiness/nobody/prove")
        assert (refused.status_code, refused.json()["code"]) == (404, "service_unknown")


def test_a_restoration_is_started_steered_and_stopped(control: RunningControl) -> None:
    reason = {"reason": "power is back"}
    with control.client(control.make_token("operator")) as operator:
        assert operator.get("/v1/restoration").raise_for_status().json()["services"] == []
        started = operator.post("/v1/restoration/start", json={"names": ["east", "mail"], **reason})
        stages = {each["service"]: each["stage"] for each in started.raise_for_status().json()["services"]}
        assert stages == {"mail": "ramping", "shop": "held"}
        held = operator.post("/v1/restoration/mail/hold", json=reason).raise_for_status().json()
        assert [each["pinned"] for each in held["services"] if each["service"] == "mail"] == [True]
        released = operator.post("/v1/restoration/shop/release", json=reason).raise_for_status().json()
        assert [each["stage"] for each in released["services"] if each["service"] == "shop"] == ["ramping"]
        stopped = operator.post("/v1/restoration/stop", json=reason).raise_for_status().json()
        assert stopped["services"] == []
        again = operator.post("/v1/restoration/stop", json=reason)
        assert (again.status_code, again.json()["code"]) == (409, "unchanged")
        unknown = operator.post("/v1/restoration/start", json={"names": ["nowhere"], **reason})
        assert unknown.json()["code"] == "service_unknown"


def test_viewers_and_owners_steer_nothing(control: RunningControl) -> None:
    for role, tenant in (("viewer", None), ("owner", "acme")):
        secret = control.make_token(role, tenant)
        with control.client(secret) as client:
            assert client.post("/v1/restoration/start", json={"names": [], "reason": "x"}).status_code == 403
            assert client.post("/v1/restoration/stop", json={"reason": "x"}).status_code == 403


def test_metrics_tell_of_both(control: RunningControl) -> None:
    with control.client() as admin:
        page = admin.get("/metrics").raise_for_status().text
    assert 'holdfast_standby_ready{service="shop",standby="west",upstream=""} 0.5' in page.replace(
        'service="shop",upstream="",standby="west"', 'service="shop",standby="west",upstream=""'
    )
    assert 'holdfast_standbys{readiness="not-ready"} 0.0' in page
    assert 'holdfast_services_returning{stage="held"} 0.0' in page
    assert "holdfast_spool_running 1.0" in page
    assert 'holdfast_endpoint_feeds{standing="failing"} 0.0' in page
