"""What is known of one service whose primary may be lost, at one moment."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from holdfast.model.finding import FindingId, FindingKind
from holdfast.model.mitigation import FailOver, Mitigation
from holdfast.model.platform import Criticality
from holdfast.model.recovery import Failover, Policy
from holdfast.model.token import SYSTEM
from holdfast.recover.failover.poll import Poll


@dataclass(frozen=True, slots=True)
class StandbyCase:
    """One standby: what edges see of it, and what speaks against it beside that (nothing: "")."""

    name: str
    poll: Poll
    site: str | None = None
    unready: str = ""


@dataclass(frozen=True, slots=True)
class UpstreamCase:
    """One upstream that has standbys. `checked`: whether its endpoints are asked how they do."""

    name: str | None
    poll: Poll
    standbys: tuple[StandbyCase, ...]
    site: str | None = None
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Burden:
    """What a service brings to where it moves: requests per second, and in flight."""

    rps: float = 0.0
    in_flight: float = 0.0


def sum_burdens(burdens: Iterable[Burden]) -> Burden:
    """All of them together."""
    known = tuple(burdens)
    return Burden(sum(each.rps for each in known), sum(each.in_flight for each in known))


@dataclass(frozen=True, slots=True)
class Mark:
    """What is remembered of a service or a site from one look to the next. Times are Unix, in seconds; 0 is never.

    Losing it, as at a restart, makes ways back later, and nothing else.
    """

    met_at: float = 0.0
    """When its move was first looked at: what came before isn't known."""
    turned_at: float = 0.0
    """When it was last sent away from its primary again, on the way back."""
    fled_at: float = 0.0
    """When it last left a failing standby before its time."""
    stepped_at: float = 0.0
    """When the way back last went a step."""
    hurts: int = 0
    """How often the way back hurt."""
    seen_lost: bool = False
    """Whether a quorum has seen the primary fail since it was moved."""
    well_at: float = 0.0
    """Since when it is no longer lost, while a finding says that it is."""


@dataclass(frozen=True)
class Case:
    """One service. `moves` are those in force that concern it, oldest first; `finding` is open about it."""

    now: float
    service: str
    tenant: str
    failover: Failover
    criticality: Criticality
    upstreams: tuple[UpstreamCase, ...]
    moves: tuple[Mitigation, ...] = ()
    finding: FindingId | None = None
    burdens: Mapping[str, Burden] = field(default_factory=dict)
    """What it brings, by edge."""
    mark: Mark = Mark()
    partial_mark: Mark = Mark()
    """Of its move on some edges."""

    @property
    def key(self) -> tuple[str, str]:
        """Of the finding about it."""
        return FindingKind.LOSS, self.service

    def sum_burden(self, besides: Collection[str] = ()) -> Burden:
        """What it brings at all edges besides some."""
        return sum_burdens(each for edge, each in self.burdens.items() if edge not in besides)

    @property
    def is_automatic(self) -> bool:
        """Whether Holdfast may move it by itself."""
        return self.failover.policy is Policy.AUTOMATIC

    @cached_property
    def own_move(self) -> Mitigation | None:
        """What moves it by itself, on all edges."""
        return next((m for m in self.moves if m.measure.service is not None and m.edges is None), None)

    @cached_property
    def partial_move(self) -> Mitigation | None:
        """What moves it by itself, on some edges."""
        return next((m for m in self.moves if m.measure.service is not None and m.edges is not None), None)

    @property
    def partly_moved(self) -> tuple[str, ...]:
        """The edges that ask a standby while others don't."""
        return () if self.partial_move is None else self.partial_move.edges or ()

    @cached_property
    def is_away(self) -> bool:
        """Whether all its requests go to a standby, on all edges; of several moves the latest counts."""
        whole = [m for m in self.moves if m.edges is None]
        return bool(whole) and share_of(max(whole, key=lambda m: m.started_at)) >= 1

    @cached_property
    def lost(self) -> UpstreamCase | None:
        """The upstream that a quorum sees fail, for longest; None if there is none."""
        lost = [each for each in self.upstreams if each.poll.lost_since is not None]
        return min(lost, key=lambda each: each.poll.lost_since or 0.0, default=None)

    @cached_property
    def lost_for_s(self) -> float:
        """For how long (seconds); -1 if it isn't lost."""
        return self.now - (self.lost.poll.lost_since or 0.0) if self.lost else -1.0

    @cached_property
    def well_since(self) -> float | None:
        """Since when all its upstreams are well by what a quorum sees; None if one of them isn't, or isn't known to be.

        One that nobody asks anything of, while another is asked, doesn't count.
        """
        known = [each for each in self.upstreams if each.poll.is_known]
        since = [each.poll.well_since for each in known]
        times = [at for at in since if at is not None]
        return max(times) if known and len(times) == len(since) and self.lost is None else None

    @cached_property
    def lagging(self) -> tuple[str, ...]:
        """Edges that see one of its primaries fail, be they few or many."""
        return tuple(sorted({edge for upstream in self.upstreams for edge in upstream.poll.failing}))

    def is_at(self, site: str) -> bool:
        """Whether one of its primaries is at a site."""
        return any(each.site == site for each in self.upstreams)

    @property
    def is_known(self) -> bool:
        """Whether a quorum says anything of it."""
        return self.lost is not None or self.well_since is not None

    @property
    def is_checked(self) -> bool:
        """Whether what its primary does is known without sending it requests."""
        return all(each.checked for each in self.upstreams)

    @property
    def is_heard(self) -> bool:
        """Whether most edges report."""
        return self.upstreams[0].poll.is_heard

    @property
    def blind(self) -> tuple[str, ...]:
        """Edges that aren't heard."""
        return self.upstreams[0].poll.blind


@dataclass(frozen=True, slots=True)
class SiteCapacity:
    """What a site can carry in all, and what its own services bring to it now; None: nobody says."""

    requests: float | None = None
    in_flight: float | None = None
    burden: Burden = Burden()


@dataclass(frozen=True)
class Situation:
    """Everything that a look decides from.

    `cases` are all that there is anything to decide about, and all others of sites where one is lost, or that are moved
    as a whole. `site_moves` are in force; `site_findings` are open, by site.
    """

    now: float
    cases: Mapping[str, Case]
    sites: Mapping[str, SiteCapacity] = field(default_factory=dict)
    site_moves: tuple[Mitigation, ...] = ()
    site_findings: Mapping[str, FindingId] = field(default_factory=dict)
    site_marks: Mapping[str, Mark] = field(default_factory=dict)


def name_mark(service: str, *, partial: bool) -> str:
    """What a service's marks are remembered under; no service has a space."""
    return f"{service} on some edges" if partial else service


def share_of(mitigation: Mitigation) -> float:
    """The share of requests that a move sends to a standby; 0 for anything else."""
    return mitigation.measure.share if isinstance(mitigation.measure, FailOver) else 0.0


def is_ours(mitigation: Mitigation) -> bool:
    """Whether Holdfast began it by itself."""
    return mitigation.author == SYSTEM
