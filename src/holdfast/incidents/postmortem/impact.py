"""What an incident did, in numbers: requests, and minutes of every component in every region."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from holdfast.incidents.postmortem.sight import PostmortemSight
from holdfast.model.downtime import Accounts, Standing, Stretch, TrafficSeries
from holdfast.model.postmortem import MeasuredImpact, PlaceImpact, RequestCount
from holdfast.model.status_site import StatusComponent

SERVICES_NAMED_MAX: Final = 50
TENANTS_NAMED_MAX: Final = 50
SERVICES_ASKED_MAX: Final = 500
"""Services that are looked at one by one for who was touched."""


def measure_impact(sight: PostmortemSight) -> MeasuredImpact:
    """All of it, as far as it was measured between begin and end: without a single report nothing is known to be up."""
    if sight.accounts is None:
        return MeasuredImpact()
    requests = _count_requests(sight, sight.accounts)
    if requests.offered is None:
        return MeasuredImpact(requests=requests)
    touched = _find_touched(sight, sight.accounts)
    tenants = sorted({sight.owners[name] for name in touched if name in sight.owners})
    return MeasuredImpact(
        requests=requests,
        places=_list_places(sight, sight.accounts),
        services=tuple(touched[:SERVICES_NAMED_MAX]),
        tenants=tuple(tenants[:TENANTS_NAMED_MAX]),
        tenant_count=len(tenants),
    )


def find_harm_end(sight: PostmortemSight) -> tuple[bool, float | None]:
    """Whether anything was measured to suffer, and when the last of it was over (Unix time, in seconds).

    No time if it wasn't over at the end of the window.
    """
    if sight.accounts is None:
        return False, None
    window = sight.window
    region = sight.incident.regions[0] if len(sight.incident.regions) == 1 else None
    suffered = sight.accounts.list_stretches(sight.services, region, window.began_at, window.shown_until)
    if not suffered:
        return False, None
    last = max(each.ended_at for each in suffered)
    return True, None if last >= window.shown_until else last


def _count_requests(sight: PostmortemSight, accounts: Accounts) -> RequestCount:
    window = sight.window
    series = accounts.read_series(sight.services, sight.incident.regions, window.began_at, window.ended_at)
    return count_requests(series, window.began_at, window.ended_at)


def count_requests(series: TrafficSeries, began_at: float, ended_at: float) -> RequestCount:
    """What became of the requests between two times (Unix, in seconds); steps count by how much of them is within."""
    begins, ends = np.maximum(series.at, began_at), np.minimum(series.at + series.step_s, ended_at)
    within_s = np.clip(ends - begins, 0.0, None)
    is_known = np.isfinite(series.offered)
    missing_s = max(0.0, ended_at - began_at - float(within_s[is_known].sum()))
    if not is_known.any() or not within_s[is_known].sum():
        return RequestCount(missing_s=missing_s)
    offered, refused, failed = (
        float((np.nan_to_num(each)[is_known] * within_s[is_known]).sum())
        for each in (series.offered, series.refused, series.failed)
    )
    return RequestCount(
        served=max(0.0, round(offered - refused - failed)),
        refused=float(round(refused)),
        failed=float(round(failed)),
        missing_s=missing_s if missing_s > series.step_s else 0.0,
    )


def _list_places(sight: PostmortemSight, accounts: Accounts) -> tuple[PlaceImpact, ...]:
    if sight.platform is None:
        return ()
    regions = sight.platform.each_region()
    places = (
        _measure_place(sight, accounts, component, region, regions[region].title)
        for component in _list_components(sight)
        for region in (sight.incident.regions or regions)
        if region in regions
    )
    return tuple(each for each in places if each.down_s or each.degraded_s)


def _list_components(sight: PostmortemSight) -> list[StatusComponent]:
    """The incident's components, or else all; where none are declared, each service that it names is one."""
    status = sight.platform.status if sight.platform else None
    if status is None:
        named = sight.incident.services[:SERVICES_NAMED_MAX]
        return [StatusComponent(title=name, services=(name,)) for name in named]
    names = sight.incident.components or tuple(status.components)
    return [status.components[name] for name in names if name in status.components]


def _measure_place(
    sight: PostmortemSight, accounts: Accounts, component: StatusComponent, region: str, title: str
) -> PlaceImpact:
    window = sight.window
    stretches = accounts.list_stretches(component.services, region, window.began_at, window.ended_at)
    return PlaceImpact(
        component=component.title,
        region=title,
        down_s=_sum_within(stretches, Standing.DOWN, window.began_at, window.ended_at),
        degraded_s=_sum_within(stretches, Standing.DEGRADED, window.began_at, window.ended_at),
        requests=sum(each.requests for each in stretches),
        failed=sum(each.failed for each in stretches),
    )


def _sum_within(stretches: Sequence[Stretch], standing: Standing, began_at: float, ended_at: float) -> float:
    parts = (
        min(each.ended_at, ended_at) - max(each.began_at, began_at) for each in stretches if each.standing is standing
    )
    return sum(max(0.0, part) for part in parts)


def _find_touched(sight: PostmortemSight, accounts: Accounts) -> list[str]:
    """The services that were down or degraded meanwhile, each by itself."""
    window = sight.window
    return [
        name
        for name in sight.services[:SERVICES_ASKED_MAX]
        if accounts.list_stretches((name,), None, window.began_at, window.ended_at)
    ]
