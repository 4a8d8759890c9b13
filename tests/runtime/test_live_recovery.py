"""Failover and spool as a running control shows and counts them."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import httpx

from fakes.process import until
from fakes.running import PLATFORM, run_in_thread, short_directory
from holdfast.model.intent import Intent
from holdfast.model.platform import Platform
from holdfast.runtime.live.spool import Deferring, LiveSpool, list_deferring, read_spool
from holdfast.spec import check_text
from holdfast.views.live_spool import show_live_spool
from holdfast.views.spool import SpoolDocument, SpooledServiceDocument

if TYPE_CHECKING:
    from holdfast.runtime.control import Control
    from holdfast.runtime.recovery.spool_operations import SpoolOperations

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
    for intent in (None, make_intent()):
        assert read_spool(gone, intent, list_deferring(intent)).running
    deferring = make_intent(send={})
    reading = read_spool(gone, deferring, list_deferring(deferring))
    assert (reading.running, reading.free_bytes) == (False, None)


def test_the_first_of_what_a_service_defers_says_how_old_a_message_may_get() -> None:
    kept = SpooledServiceDocument(
        service="shop", tenant="acme", phase="closing", waiting=3, dead_bytes=7, oldest_at=5.0
    )
    intent = make_intent(send={"age_max": 7_200.0}, order={"age_max": 60.0})
    reading = read_spool(SpoolDocument(running=True, services=(kept,), free_bytes=9), intent, list_deferring(intent))
    (shop,) = reading.services
    assert (shop.age_max_s, shop.is_open, shop.waiting, shop.dead_bytes, shop.oldest_at) == (60.0, True, 3, 7, 5.0)
    assert (reading.running, reading.free_bytes) == (True, 9)
    assert reading.bounds == intent.platform.spool


def test_what_may_be_deferred_is_shown_before_anything_is() -> None:
    assert list_deferring(make_intent(send={"age_max": 60.0})) == {"shop": Deferring("acme", 60.0)}
    deferring = {"shop": "acme"}
    kept = SpooledServiceDocument(service="mail", tenant="globex", phase="spooling", waiting=2, waiting_bytes=9, dead=1)
    shown = show_live_spool(SpoolDocument(running=True, services=(kept,)), deferring, None, 7.0)
    assert [(each.service, each.phase) for each in shown.spool.services] == [("mail", "spooling"), ("shop", "direct")]
    assert (shown.waiting, shown.waiting_bytes, shown.dead) == (2, 9, 1)
    own = show_live_spool(SpoolDocument(running=True, services=(kept,)), deferring, "acme", 7.0)
    assert [each.service for each in own.spool.services] == ["shop"]
    assert own.dead == 0


def test_who_defers_is_found_again_when_another_platform_is_in_force() -> None:
    control = SimpleNamespace(intent=None, world=SimpleNamespace(clock=lambda: 7.0))
    spool = SimpleNamespace(show=lambda: SpoolDocument(running=False))
    live = LiveSpool(cast("Control", control), cast("SpoolOperations", spool))
    for intent, names in ((None, []), (make_intent(send={}), ["shop"]), (make_intent(), [])):
        control.intent = intent
        assert [each.service for each in live.show(None).spool.services] == names
        assert live.read().running is not bool(names)


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
