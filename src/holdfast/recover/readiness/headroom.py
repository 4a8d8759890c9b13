"""Whether a standby's site has room for all that would come there at once, if a site is lost."""

from collections.abc import Iterator, Mapping
from typing import Final

from holdfast.model.intent import Intent
from holdfast.model.readiness import Outcome, Proof, ProofKind
from holdfast.model.recorded import Usage
from holdfast.model.upstream import Upstream
from holdfast.recover.readiness.judging import GOOD_FOR_S

TIGHT: Final = 0.9
"""Above this share of what a site carries, there is little room."""

Sites = Mapping[str, tuple[float, float]]
"""Requests per second and in flight, at their peaks, by site."""
Moves = Mapping[tuple[str, str], tuple[float, float]]
"""The same, by where from and where to."""


def sum_peaks(intent: Intent, usage: Mapping[str, Usage]) -> tuple[Sites, Moves]:
    """What services with a primary at each site are asked for; and what moves if one is lost.

    A service counts for each of its upstreams' sites.
    """
    there: dict[str, tuple[float, float]] = {}
    moving: dict[tuple[str, str], tuple[float, float]] = {}
    for name, owned in intent.services.items():
        peak = usage.get(name, Usage())
        asked = (peak.peak_rps, peak.peak_in_flight)
        moves = set(_find_moves((owned.service.upstream, *owned.service.upstreams.values())))
        for site in {home for home, _ in moves}:
            there[site] = _add(there.get(site), asked)
        for home, to in moves:
            if to is not None and to != home:
                moving[home, to] = _add(moving.get((home, to)), asked)
    return there, moving


def _find_moves(upstreams: tuple[Upstream, ...]) -> Iterator[tuple[str, str | None]]:
    """Where each upstream is, and the site of its first standby."""
    for upstream in upstreams:
        if upstream.site is not None:
            first = next(iter(upstream.standbys.values()), None)
            yield upstream.site, first.site if first is not None else None


def prove_headroom(
    intent: Intent,
    usage: Mapping[str, Usage],
    peaks: tuple[Sites, Moves],
    home: str | None,
    to: str | None,
    now: float,
) -> Proof:
    """Whether the site `to` carries its own peak and that of all that comes when `home` is lost."""
    site = intent.platform.sites.get(to) if to is not None else None
    if to is None or site is None or (site.requests is None and site.in_flight is None):
        why = "the standby names no site" if to is None else f"nothing is said of what site {to} carries"
        return _prove(Outcome.UNUSED, f"{why}, so there is no room to check", now)
    if not usage:
        return _prove(Outcome.DOUBTFUL, "no traffic was watched yet, so what would come isn't known", now)
    there, moving = peaks
    comes = moving.get((home, to), (0.0, 0.0)) if home is not None else (0.0, 0.0)
    requests, in_flight = _add(there.get(to), comes)
    used = [("requests/s", requests, site.requests), ("in flight", in_flight, site.in_flight)]
    shares = [(need / carries, unit, need, carries) for unit, need, carries in used if carries is not None]
    share, unit, need, carries = max(shares)
    told = f"{need:,.0f} {unit} at peaks, of {carries:,.0f} that site {to} carries"
    outcome = Outcome.FAILED if share > 1 else Outcome.DOUBTFUL if share > TIGHT else Outcome.PASSED
    return _prove(outcome, told, now)


def _add(a: tuple[float, float] | None, b: tuple[float, float]) -> tuple[float, float]:
    return b if a is None else (a[0] + b[0], a[1] + b[1])


def _prove(outcome: Outcome, told: str, now: float) -> Proof:
    kind = ProofKind.HEADROOM
    return Proof(kind=kind, outcome=outcome, at=now, told=told, good_for_s=GOOD_FOR_S[kind])
