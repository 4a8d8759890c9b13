"""Which of the places that requests may lead to has how many of them now: runtime keys over the routes' own weights."""

from collections.abc import Iterator, Mapping

from holdfast.compile import names
from holdfast.compile.chains import (
    STATIC,
    choose_deferred,
    choose_direct,
    choose_reads,
    choose_static,
)
from holdfast.compile.held import Held, find_held, name_standbys
from holdfast.model.effective import EffectiveService
from holdfast.model.intent import Intent
from holdfast.model.mitigation import FailOver
from holdfast.model.route import Route


def weigh_moves(intent: Intent, location: str) -> dict[str, int]:
    """The weights that mitigations lay over routes, at a cost of those who are moved alone."""
    values: dict[str, int] = {}
    for name, held in sorted(find_held(intent).items()):
        if held.moved or held.spooled:
            values |= _weigh(intent.effective(name, location), held, _find_moved(intent, name, held))
    return values


def weigh_moves_here(intent: Intent, location: str) -> dict[str, int]:
    """The weights for those whom anything moves on some edges only; the intent's mitigations hold on one edge."""
    scoped = find_held(intent.under(tuple(m for m in intent.mitigations if m.edges is not None)))
    if not any(held.moved or held.spooled for held in scoped.values()):
        return {}
    wanted = {name for name, held in scoped.items() if held.moved or held.spooled}
    all_held = find_held(intent)
    values: dict[str, int] = {}
    for name in sorted(wanted):
        values |= _weigh(intent.effective(name, location), all_held[name], _find_moved(intent, name, all_held[name]))
    return values


def _find_moved(intent: Intent, name: str, held: Held) -> Mapping[str | None, str]:
    measure = held.moved.measure if held.moved else None
    return name_standbys(intent.services[name].service, measure) if isinstance(measure, FailOver) else {}


def _weigh(service: EffectiveService, held: Held, moved: Mapping[str | None, str]) -> dict[str, int]:
    """Writes have one place, and go back to the primary last: never does one go here while another goes there."""
    measure = held.moved.measure if held.moved else None
    share = measure.share if isinstance(measure, FailOver) else 0.0
    values: dict[str, int] = {}
    for upstream, standby in moved.items():
        to = names.standby_of(service.name, upstream, standby)
        values |= choose_direct(service, upstream).weigh(1.0, to)
        values |= choose_reads(service, upstream).weigh(share, to)
        if any(route.static for route in _routes_to(service, upstream)):
            kept = names.chain_of(service.name, upstream, f"{STATIC}~{standby}")
            values |= choose_static(service, upstream).weigh(share, kept)
    for route in service.routes:
        if route.deferred and (held.spooled or held.read_only):
            values |= choose_deferred(service, route.upstream).weigh(1.0, names.SPOOL_CLUSTER)
        elif route.deferred and route.upstream in moved:
            to = names.standby_of(service.name, route.upstream, moved[route.upstream])
            values |= choose_deferred(service, route.upstream).weigh(1.0, to)
    return values


def _routes_to(service: EffectiveService, upstream: str | None) -> Iterator[Route]:
    return (route for route in service.routes if route.upstream == upstream)
