"""What control is told of one edge: a machine with a real agent and Envoy, and the hub that they report to."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from edge.asking import ask
from edge.machine import Control, Machine
from edge.running import EDGE, LOCATION, until
from holdfast.adapters.telemetry.hub import TelemetryHub
from holdfast.compile import compile_mitigations, compile_snapshot
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Measure, Mitigation
from holdfast.model.platform import Platform
from holdfast.model.resource import SnapshotDelta
from holdfast.model.telemetry import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edge.running import LoopThread
    from holdfast.model.logged_request import LoggedRequest
    from holdfast.model.sample import SampledRequest
    from holdfast.model.telemetry import EdgeReport


class Reported:
    """A machine and what its agent has told since `forget` was last called."""

    def __init__(self, loop: LoopThread) -> None:
        self._loop = loop
        self.machine = Machine()
        self.address = self.machine.address
        self.reports: list[EdgeReport] = []
        self.samples: list[SampledRequest] = []
        self._hub: TelemetryHub | None = None
        self.intent = self._intend({})
        self._control = Control(loop, self.machine.control_socket, compile_snapshot(self.intent, LOCATION))
        self.open_hub()
        self.machine.start_agent()
        self.wait_for_report()

    def close(self) -> None:
        """End everything, and leave nothing behind."""
        self.close_hub()
        self._control.stop()
        self.machine.clear()

    def open_hub(self) -> None:
        """Begin to take what agents tell."""
        hub = self._loop.call(TelemetryHub, str(self.machine.hub_socket))
        self._loop.call(hub.expect, [EDGE])
        self._loop.call(hub.follow, self._take, self.samples.extend)
        self._loop.run(hub.start())
        self._hub = hub

    def close_hub(self) -> None:
        """Be gone, as far as agents are concerned."""
        if self._hub:
            self._loop.run(self._hub.stop())
            self._hub = None

    def serve(self, services: Mapping[str, Any], **platform: Any) -> None:
        """Have these services in force, and no others, and nobody looked into."""
        self._have(self._intend(services, **platform))

    def _have(self, intent: Intent) -> None:
        self.intent = intent
        snapshot = compile_snapshot(intent, LOCATION)
        self._control.publish(SnapshotDelta(tuple(snapshot.values())))
        self._settle()
        self.forget()

    def mitigate(self, *measures: Measure) -> None:
        """Have these mitigations in force, and no others."""
        self.intent = self.intent.under(
            tuple(
                Mitigation(id=f"m-{n}", measure=measure, reason="test", author="me", started_at=n, expires_at=1e9)
                for n, measure in enumerate(measures, 1)
            )
        )
        self._control.publish(SnapshotDelta(compile_mitigations(self.intent, LOCATION)))
        self._settle()

    def watch(self, *services: str) -> None:
        """Have these services looked into, and no others."""
        self.intent = self.intent.watching(frozenset(services))
        self._control.publish(SnapshotDelta(compile_mitigations(self.intent, LOCATION)))
        self._settle()

    def forget(self) -> None:
        """Count from here on: after whatever was asked before was reported."""
        seen = len(self.reports)
        until(lambda: len(self.reports) >= seen + 3, "what came before is reported")
        self.reports.clear()
        self.samples.clear()

    def wait_for_report(self) -> None:
        """Until one more report has come."""
        seen = len(self.reports)
        until(lambda: len(self.reports) > seen, f"a report comes: {self.machine.log}")

    def totals(self, service: str) -> dict[str, int]:
        """What was counted of a service, by metric; what is zero is left out."""
        total: Counter[str] = Counter()
        for report in self.reports:
            if service in report.services:
                counts = report.counts[report.services.index(service)]
                total.update({metric.name.lower(): int(counts[metric]) for metric in Metric})
        return {name: count for name, count in total.items() if count}

    def expect(self, service: str, **counts: int) -> None:
        """Until exactly this was counted of a service; whatever isn't named is zero."""
        until(lambda: self.totals(service) == counts, f"{counts}, but {self.totals(service)}")

    def in_flight(self, service: str) -> int:
        """Requests in flight, as last reported; 0 if never."""
        for report in reversed(self.reports):
            if service in report.services:
                return int(report.in_flight[report.services.index(service)])
        return 0

    def find(self, request_id: str) -> Sequence[LoggedRequest]:
        """What the edge's access log says of a request."""
        assert self._hub
        return self._loop.run(self._hub.find_requests(request_id, 10.0))

    def ask_often(self, host: str, times: int) -> list[int]:
        """The statuses of so many requests, one after the other."""
        return [ask(self.address, host).status for _ in range(times)]

    def _take(self, report: EdgeReport) -> None:
        self.reports.append(report)

    def _settle(self) -> None:
        self._control.wait_until_programmed()
        until(self._answers, "the edge answers")

    def _answers(self) -> bool:
        try:
            return ask(self.address, "nobody.invalid").status in {403, 421}
        except OSError:
            return False

    def _intend(self, services: Mapping[str, Any], **platform: Any) -> Intent:
        capacity = platform.pop("capacity", {"in_flight": 1000, "requests": 100_000.0})
        edges = [{"name": EDGE, "listen": "{}:{}".format(*self.address)}]
        text = {
            "holdfast": 1,
            "name": "test",
            "clients": {"trusted_proxies": []},
            "locations": {LOCATION: {"edges": edges, "capacity": capacity}},
            "defaults": {"limits": {"requests": 10_000.0, "per_client": {"requests": 5_000.0}}},
            "bounds": {"requests_max": 100_000.0, "per_client_max": 100_000.0},
            "tenants": {"t": {"services": dict(services)}},
        }
        return Intent(Platform.model_validate(text | platform))
