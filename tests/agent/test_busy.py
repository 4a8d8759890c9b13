"""Whom to ask about what is in flight, and what is told of it."""

from __future__ import annotations

from holdfast.adapters.envoy.admin import CLUSTERS_ASKED_MAX
from holdfast.agent.busy import BUSY_S, BusyServices


def test_those_with_requests_lately_are_asked_about_latest_first() -> None:
    busy = BusyServices()
    busy.note(["a", "b"], 0.0)
    busy.note(["a"], 1.0)
    assert busy.pick(2.0) == ["a", "b"]
    assert busy.pick(BUSY_S + 0.5) == ["a"]
    assert busy.pick(BUSY_S + 2.0) == []


def test_those_with_requests_in_flight_go_before_others() -> None:
    busy = BusyServices()
    busy.note(["old"], 0.0)
    busy.learn({"old": 3})
    busy.note([f"s{n}" for n in range(CLUSTERS_ASKED_MAX)], 1.0)
    picked = busy.pick(BUSY_S + 0.5)
    assert picked[0] == "old"
    assert len(picked) == CLUSTERS_ASKED_MAX


def test_that_nothing_is_in_flight_any_more_is_told_once() -> None:
    busy = BusyServices()
    busy.learn({"a": 2})
    assert busy.take() == {"a": 2}
    assert busy.take() == {"a": 2}
    busy.learn({})
    assert busy.take() == {"a": 0}
    assert busy.take() == {}
