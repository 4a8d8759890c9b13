"""Routes whose own requests no longer find them."""

from collections.abc import Iterator

from holdfast.model.intent import Intent
from holdfast.model.route import Route
from holdfast.rollout.danger import Change, Danger, show_paths
from holdfast.rollout.outcomes import Difference


def find_missed_routes(change: Change) -> Iterator[Danger]:
    """A route whose path was edited, so that requests which it was there for fall through to an older one.

    A slash, a capital letter or an escape makes it another path to an edge. Requests that a new route takes, or another
    one that was edited too, are taken on purpose.
    """
    missed: dict[tuple[str, str], list[Difference]] = {}
    for difference in sorted(change.differences, key=lambda d: -d.request.weight):
        name = difference.old.service
        if name and name == difference.new.service and _falls_through(change, name, difference):
            missed.setdefault((name, difference.old.route), []).append(difference)
    for (name, route), theirs in missed.items():
        count = sum(d.request.weight for d in theirs)
        others = " and ".join(sorted({d.new.route for d in theirs}))
        was, will = (_show_path(_list_routes(intent, name)[route]) for intent in (change.old, change.new))
        message = f"{count:g} recorded requests of {name} would miss route {route} ({was} → {will}) and take {others}"
        yield Danger("route-missed", message, (name,), show_paths(theirs))


def _falls_through(change: Change, service: str, difference: Difference) -> bool:
    before, after = (_list_routes(intent, service) for intent in (change.old, change.new))
    own, taken = difference.old.route, difference.new.route
    if own == taken or not {own, taken} <= before.keys() & after.keys():
        return False
    return before[own].match.path != after[own].match.path and before[taken].match == after[taken].match


def _list_routes(intent: Intent, service: str) -> dict[str, Route]:
    return {route.name: route for route in intent.services[service].service.routes}


def _show_path(route: Route) -> str:
    path = route.match.path
    return " ".join(f"{kind} {getattr(path, kind)}" for kind in path.stated)
