"""What edges reported so far of upstreams that may be lost: kept up to date by what changes, and asked at each look."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from holdfast.model.finding import FindingKind
from holdfast.model.intent import Intent
from holdfast.model.mitigation import FailOver, Mitigation
from holdfast.model.state import State
from holdfast.model.telemetry import EdgeReport, UpstreamMetric
from holdfast.model.upstream import Standby
from holdfast.recover.failover.burdens import Burdens
from holdfast.recover.failover.case import Case, Mark, Situation, StandbyCase, UpstreamCase, name_mark
from holdfast.recover.failover.layout import Layout, each_upstream
from holdfast.recover.failover.poll import Poll, poll
from holdfast.recover.failover.sight import Sample, Sight, Verdict, add_sample

Unready = Callable[[str, str | None, str], str]
"""Asked of a service's upstream and standby: what speaks against moving there, beside what edges see ("": nothing)."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What looks remember of services and of sites."""

    services: Mapping[str, Mark] = field(default_factory=dict)
    sites: Mapping[str, Mark] = field(default_factory=dict)


class Observed:
    """What every edge sees of every cluster. Belongs to one thread."""

    def __init__(self, unready: Unready) -> None:
        self.layout = Layout()
        self._unready = unready
        self._sights: dict[str, dict[str, Sight]] = {}
        self._heard_at: dict[str, float] = {}
        self._processes: dict[str, str] = {}
        self._restless: dict[str, set[tuple[str, str]]] = {}
        self._changed: set[str] = set()
        self._burdens = Burdens()

    def set_layout(self, layout: Layout) -> None:
        """Who may be lost from now on; what was seen of those that stay is kept."""
        self.layout = layout
        self._burdens.set_layout(layout)
        self._sights = {name: seen for name, seen in self._sights.items() if name in layout.clusters}
        self._restless = {name: them for name, them in self._restless.items() if name in layout.services}
        self._changed = set(layout.services)

    def take(self, report: EdgeReport) -> None:
        """Take in what an edge reports. Another process of Envoy's has seen nothing yet."""
        edge, figures = report.edge, report.upstreams
        if self._processes.setdefault(edge, report.process) != report.process:
            self._processes[edge] = report.process
            self._forget(edge)
        self._heard_at[edge] = report.ended_at
        self._burdens.take(report, self._restless.keys())
        rows = zip(figures.names, figures.counts.tolist(), figures.endpoints.tolist(), strict=True)
        for name, counts, (healthy, every) in rows:
            if cluster := self.layout.clusters.get(name):
                sample = _read_sample(report, counts, (healthy, every), checked=cluster.checked)
                self._see(name, cluster.service, edge, sample)

    def take_changed(self) -> set[str]:
        """Services of which anything has changed since this was last asked, and those of which anything fails."""
        changed, self._changed = self._changed, set()
        return changed | self._restless.keys()

    def describe(
        self, names: Collection[str], state: State, intent: Intent, remembered: Remembered, now: float
    ) -> Situation:
        """All there is to decide from about these services, and those moved, found to be lost, or beside lost ones."""
        moves = [m for m in state.mitigations.values() if isinstance(m.measure, FailOver)]
        of_services = {f.service: i for i, f in state.findings.items() if f.kind is FindingKind.LOSS and f.service}
        of_sites = {f.site: i for i, f in state.findings.items() if f.kind is FindingKind.LOSS and f.site}
        concerned = _find_concerned(moves, intent)

        def open_cases(wanted: Iterable[str]) -> dict[str, Case]:
            known = sorted(name for name in wanted if name in self.layout.services)
            return {
                name: replace(
                    self._open(name, now),
                    moves=tuple(concerned.get(name, ())),
                    finding=of_services.get(name),
                    mark=remembered.services.get(name_mark(name, partial=False), Mark()),
                    partial_mark=remembered.services.get(name_mark(name, partial=True), Mark()),
                )
                for name in known
            }

        beside = {name for site in of_sites for name in self.layout.at_sites.get(site, ())}
        cases = open_cases({*names, *concerned, *of_services, *beside})
        near = {u.site for case in cases.values() if case.lost for u in case.upstreams if u.site is not None}
        cases |= open_cases({name for site in near for name in self.layout.at_sites.get(site, ())} - cases.keys())
        is_short = any(case.lagging for case in cases.values())
        return Situation(
            now=now,
            cases=cases,
            sites=self._burdens.sum_sites(intent, concerned) if is_short else {},
            site_moves=tuple(m for m in moves if m.measure.service is None),
            site_findings=of_sites,
            site_marks=remembered.sites,
        )

    def _see(self, name: str, service: str, edge: str, sample: Sample) -> None:
        seen = self._sights.setdefault(name, {})
        before = seen.get(edge, Sight())
        after = seen[edge] = add_sample(before, sample)
        restless = self._restless.setdefault(service, set())
        if after.verdict is Verdict.FAILING or after.unanswered:
            restless.add((name, edge))
        else:
            restless.discard((name, edge))
        if not restless:
            del self._restless[service]
        if after.verdict is not before.verdict or sample.failed or sample.endpoints != before.endpoints:
            self._changed.add(service)

    def _forget(self, edge: str) -> None:
        for name, seen in self._sights.items():
            if seen.pop(edge, None):
                self._changed.add(self.layout.clusters[name].service)
        for restless in self._restless.values():
            restless -= {each for each in restless if each[1] == edge}
        self._restless = {name: them for name, them in self._restless.items() if them}

    def _open(self, name: str, now: float) -> Case:
        owned = self.layout.services[name]
        upstreams = [(upstream_name, upstream) for upstream_name, upstream in each_upstream(owned) if upstream.standbys]
        return Case(
            now=now,
            service=name,
            tenant=owned.tenant,
            failover=owned.service.failover,
            criticality=owned.criticality,
            upstreams=tuple(
                UpstreamCase(
                    name=upstream_name,
                    poll=self._poll(self.layout.names[name, upstream_name, None], owned.service.failover.quorum, now),
                    standbys=self._open_standbys(name, upstream_name, upstream.standbys, now),
                    site=upstream.site,
                    checked=upstream.health_check is not None,
                )
                for upstream_name, upstream in upstreams
            ),
            burdens=self._burdens.list_of(name),
        )

    def _open_standbys(
        self, service: str, upstream: str | None, standbys: Mapping[str, Standby], now: float
    ) -> tuple[StandbyCase, ...]:
        return tuple(
            StandbyCase(
                name=name,
                poll=self._poll(self.layout.names[service, upstream, name], None, now),
                site=standby.site,
                unready=self._unready(service, upstream, name),
            )
            for name, standby in standbys.items()
        )

    def _poll(self, cluster: str, quorum: int | None, now: float) -> Poll:
        return poll(self._sights.get(cluster, {}), self.layout.edges, self._heard_at, quorum, now)


def _find_concerned(moves: Iterable[Mitigation], intent: Intent) -> dict[str, list[Mitigation]]:
    concerned: dict[str, list[Mitigation]] = {}
    for move in moves:
        if isinstance(move.measure, FailOver):
            for name in intent.find_services(move.measure):
                concerned.setdefault(name, []).append(move)
    return concerned


def _read_sample(report: EdgeReport, counts: list[int], endpoints: tuple[int, int], *, checked: bool) -> Sample:
    """What the router noticed may be counted twice, once for what it did about it: the greater number failed."""
    timed_out, begun = counts[UpstreamMetric.TIMED_OUT], counts[UpstreamMetric.BEGUN]
    unreached, broken = counts[UpstreamMetric.UNREACHED], counts[UpstreamMetric.BROKEN]
    tries = max(begun + unreached, timed_out)
    return Sample(
        began_at=report.began_at,
        ended_at=report.ended_at,
        tries=tries,
        failed=min(tries, max(unreached + broken + timed_out, counts[UpstreamMetric.RETRIED])),
        received=counts[UpstreamMetric.RECEIVED] > 0,
        endpoints=endpoints,
        checked=checked,
    )
