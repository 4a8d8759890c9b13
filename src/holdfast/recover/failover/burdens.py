"""What services bring to the sites that they are at, where it is said what a site can carry."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from holdfast.model.intent import Intent
from holdfast.model.mitigation import FailOver, Mitigation
from holdfast.model.telemetry import EdgeReport, Metric
from holdfast.recover.failover.case import Burden, SiteCapacity
from holdfast.recover.failover.layout import Layout

AVERAGED_S: Final = 30.0
"""Over about so long, while anything fails: what was before a loss counts more than what has been since."""
FALLING_S: Final = 5.0
"""Over about so long, where less comes than before while all is well: a crowd that has left needs no room."""
RISING_S: Final = 1.0
"""Over about so long, where more comes than before: a crowd brings to a standby what it is now."""


class Burdens:
    """What each service that counts brings, by edge."""

    def __init__(self) -> None:
        self._layout = Layout()
        self._known: dict[str, dict[str, Burden]] = {}

    def set_layout(self, layout: Layout) -> None:
        """Who counts from now on."""
        self._layout = layout
        self._known = {name: self._known.get(name, {}) for name in layout.weighed}

    def take(self, report: EdgeReport, failing: Collection[str]) -> None:
        """Take in what an edge reports; costs something where a site says what it can carry, and nothing elsewhere.

        `failing` are services of which anything seems to fail.
        """
        seconds = report.ended_at - report.began_at
        if not self._known or seconds <= 0:
            return
        rows = {name: row for row, name in enumerate(report.services) if name in self._known}
        for name, by_edge in self._known.items():
            row = rows.get(name)
            if row is not None or report.edge in by_edge:
                rps = 0.0 if row is None else float(report.counts[row, Metric.OFFERED]) / seconds
                in_flight = 0.0 if row is None else float(report.in_flight[row])
                before = by_edge.get(report.edge, Burden(rps, in_flight))
                falling_s = AVERAGED_S if name in failing else FALLING_S
                by_edge[report.edge] = _follow(before, Burden(rps, in_flight), seconds, falling_s)

    def list_of(self, name: str) -> Mapping[str, Burden]:
        """What a service brings, by edge."""
        return dict(self._known.get(name, {}))

    def sum_sites(self, intent: Intent, moved: Mapping[str, Sequence[Mitigation]]) -> dict[str, SiteCapacity]:
        """What each site can carry, and what its own services and those moved there bring to it."""
        sums = {name: [0.0, 0.0] for name in intent.platform.sites}
        for name, home in self._layout.weighed.items():
            for edge, burden in self._known.get(name, {}).items():
                moves = [m for m in moved.get(name, ()) if m.edges is None or edge in m.edges]
                site = self._find_place(name, moves) if moves else home
                if site in sums:
                    sums[site][0] += burden.rps
                    sums[site][1] += burden.in_flight
        return {
            name: SiteCapacity(site.requests, site.in_flight, Burden(*sums[name]))
            for name, site in intent.platform.sites.items()
        }

    def _find_place(self, name: str, moves: Sequence[Mitigation]) -> str | None:
        """The site that a service is at now where these moves hold, the latest before others."""
        owned = self._layout.services.get(name)
        measure = max(moves, key=lambda m: m.started_at).measure
        if owned is None or not isinstance(measure, FailOver):
            return None
        standbys = owned.service.upstream.standbys
        to = measure.to or next(iter(standbys), None)
        return standbys[to].site if to is not None and to in standbys else owned.service.upstream.site


def _follow(before: Burden, now: Burden, seconds: float, falling_s: float) -> Burden:
    """Requests in flight pile up when an upstream is lost, and so never rise quickly: they'd seem to need more room."""
    slowly = min(1.0, seconds / AVERAGED_S)
    part = min(1.0, seconds / (RISING_S if now.rps > before.rps else falling_s))
    return Burden(
        before.rps + part * (now.rps - before.rps), before.in_flight + slowly * (now.in_flight - before.in_flight)
    )
