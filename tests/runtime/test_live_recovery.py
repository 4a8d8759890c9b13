"""Failover and spool as a running control shows and counts them."""

from typing import Any

import httpx

from fakes.process import until
from fakes.running import PLATFORM, run_in_thread, short_directory
from holdfast.model.intent import Intent
from holdfast.model.platform import Platform
from holdfast.runtime.live.spool import list_deferring, read_spool
from holdfast.spec import check_text
from holdfast.views.live_spool import show_live_spool
from holdfast.views.spool import SpoolDocument, SpooledServiceDocument

OWN = {"sec-fetch-site": "same-origin"}


def make_intent(**routes: dict[str, Any]) -> Intent:
    """The platform, with routes of the shop by name that may be deferred so."""
    checked = check_text(PLATFORM, "p.yaml").platform
    assert checked is not None
    given = checked.model_dump(mode="json")
    listed = [{"name": name, "deferred": how} for name, how in routes.items()]
    given["tenants"]["acme"]["services"]["shop"]["routes"] = listed
    return Intent(Platform.model_validate(given))


def test_a_spooler_that_is_needed_and_gone_is_counted_as_such() -> None:
    gone = SpoolDocument(running=False)
    assert read_spool(gone, None).running
    assert read_spool(gone, make_intent()).running
    assert not read_spool(gone, make_intent(send={})).running
    assert read_spool(gone, make_intent(send={})).free_bytes is None


def test_the_first_of_what_a_service_defers_says_how_old_a_message_may_get() -> None:
    kept = SpooledServiceDocument(service="shop", tenant="acme", phase="closing", waiting=3, oldest_at=5.0)
    intent = make_intent(send={"age_max": 7_200.0}, order={"age_max": 60.0})
    reading = read_spool(SpoolDocument(running=True, services=(kept,), free_bytes=9), intent)
    (shop,) = reading.services
    assert (shop.age_max_s, shop.is_open, shop.waiting, shop.oldest_at) == (60.0, True, 3, 5.0)
    assert (reading.running, reading.free_bytes) == (True, 9)
    assert reading.bytes_max == intent.platform.spool.bytes_max


def test_what_may_be_deferred_is_shown_before_anything_is() -> None:
    deferring = list_deferring(make_intent(send={}))
    assert deferring == {"shop": "acme"}
    kept = SpooledServiceDocument(service="mail", tenant="globex", phase="spooling", waiting=2, waiting_bytes=9, dead=1)
    shown = show_live_spool(SpoolDocument(running=True, services=(kept,)), deferring, None, 7.0)
    assert [(each.service, each.phase) for each in shown.spool.services] == [("mail", "spooling"), ("shop", "direct")]
    assert (shown.waiting, shown.waiting_bytes, shown.dead) == (2, 9, 1)
    own = show_live_spool(SpoolDocument(running=True, services=(kept,)), deferring, "acme", 7.0)
    assert [each.service for each in own.spool.services] == ["shop"]
    assert own.dead == 0


def test_a_running_control_shows_where_services_are() -> None:
    upstream = '{endpoints: ["127.0.0.1:9000"], site: east, standbys: {west: {endpoints: ["127.0.0.1:9002"]}}}'
    text = f"""
holdfast: 1
name: small
clients: {{trusted_proxies: []}}
locations:
  east: {{edges: [{{name: e1, listen: "127.0.0.1:18080"}}], capacity: {{in_flight: 100, requests: 1000/s}}}}
sites: {{east: {{}}}}
tenants: {{acme: {{services: {{shop: {{hosts: [shop.example], upstream: {upstream}}}}}}}}}
"""
    with short_directory() as state, run_in_thread(state, watching=True) as running:
        with running.client() as admin:
            admin.post("/v1/revisions", json={"text": text, "at_once": True, "reason": "x"}).raise_for_status()
        with httpx.Client(base_url=f"{running.url}/console", timeout=30) as browser:
            secret = running.state.admin_token.read_text().strip()
            assert browser.post("/login", data={"token": secret}, headers=OWN).status_code == 303
            until(lambda: 'id="at-shop"' in browser.get("/failover").text, "the service is shown")
            assert "Fail all at east over" in browser.get("/failover").text
            assert "to its first standby" in browser.get("/failover/start?site=east").text
            assert "No route may be deferred" in browser.get("/spool").raise_for_status().text
            assert browser.get("/spool/dead").status_code == 503
