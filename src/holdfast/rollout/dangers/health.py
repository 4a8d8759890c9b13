"""Health checks that would take healthy endpoints out, and endpoints that don't do what they are asked."""

from collections.abc import Iterator

from holdfast.model.intent import Intent
from holdfast.model.upstream import HealthCheck, Upstream
from holdfast.rollout.danger import Change, Danger


def find_short_checks(change: Change) -> Iterator[Danger]:
    """Health checks that ask for what usually takes longer than they wait: all endpoints fail them at once."""
    for name, shown, upstream, was in _each_upstream(change):
        check = upstream.health_check
        if check is None or (was is not None and not _is_stricter(check, was.health_check)):
            continue
        took = sorted(_measure(change, upstream, check))
        weight = sum(each for _, each in took)
        slow = [pair for pair in took if pair[0] >= check.timeout]
        if slow and sum(each for _, each in slow) * 2 >= weight:
            message = (
                f"the health check of {shown} would ask for {check.path}, which takes {slow[0][0]:g} s, and wait "
                f"{check.timeout:g} s: after {check.unhealthy_after} of them {len(upstream.addresses)} of "
                f"{len(upstream.addresses)} endpoints are out"
            )
            yield Danger("check-too-short", message, (name,), upstream.addresses)


def _is_stricter(check: HealthCheck, was: HealthCheck | None) -> bool:
    return was is None or check.path != was.path or check.timeout < was.timeout


def _measure(change: Change, upstream: Upstream, check: HealthCheck) -> Iterator[tuple[float, float]]:
    """How long the same path of these endpoints took requests that were recorded, and how many each stands for."""
    wanted, endpoints = check.path.partition("?")[0], tuple(sorted(upstream.addresses))
    for request, _, new in change.tried:
        same = new.endpoints == endpoints and new.path.partition("?")[0] == wanted
        if same and request.latency_s is not None:
            yield request.latency_s, request.weight


def find_unfit_endpoints(change: Change) -> Iterator[Danger]:
    """Endpoints that don't speak the protocol, or don't pass the health check, that edges would try on them."""
    for name, shown, upstream, was in _each_upstream(change):
        asked = (upstream.protocol, upstream.health_check and upstream.health_check.path)
        before = (was.protocol, was.health_check and was.health_check.path) if was else None
        known = set(was.addresses) if was and asked == before else set()
        unfit = [each for each in upstream.addresses if each in change.unfit and each not in known]
        if unfit:
            count = f"{len(unfit)} of {len(upstream.addresses)} endpoints"
            message = f"{count} of {shown} don't do what edges would ask of them: {change.unfit[unfit[0]]}"
            yield Danger("endpoint-unfit", message, (name,), tuple(f"{each}: {change.unfit[each]}" for each in unfit))


def _each_upstream(change: Change) -> Iterator[tuple[str, str, Upstream, Upstream | None]]:
    """Every upstream of services that the change mentions, as people call it, and what it was."""
    for name in sorted(change.changes.mentioned & change.new.services.keys()):
        before = _list_upstreams(change.old, name)
        for key, upstream in _list_upstreams(change.new, name).items():
            yield name, f"{key} of {name}" if key else name, upstream, before.get(key)


def _list_upstreams(intent: Intent, name: str) -> dict[str, Upstream]:
    if name not in intent.services:
        return {}
    service = intent.services[name].service
    return {"": service.upstream, **service.upstreams}
