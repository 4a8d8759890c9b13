"""What each cause means for one request: sentences, numbers, advice. One function for each kind of cause."""

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Final, NamedTuple

from holdfast.explain.figures import (
    tell_limits,
    tell_location,
    tell_mitigated_limits,
    tell_service_figure,
    tell_timeouts,
    tell_walls,
)
from holdfast.explain.subject import Subject
from holdfast.model.effective import Bucket
from holdfast.model.mitigation import Block, Deny, Limit, Mitigation
from holdfast.model.units import format_duration, format_size
from holdfast.views.explanation import FigureDocument


class Reason(NamedTuple):
    """Why a request was answered so."""

    summary: str
    details: tuple[str, ...] = ()
    figures: tuple[FigureDocument, ...] = ()
    advice: tuple[str, ...] = ()


def find_reason(subject: Subject) -> Reason:
    """The reason of an answer that an edge gave itself."""
    cause = subject.request.cause
    tell = _TELL.get(cause)
    if tell is None:
        return Reason(f"The edge refused it by the rule {cause}, which this version of Holdfast has no words for.")
    return tell(subject)


def _tell_service_limit(subject: Subject) -> Reason:
    service = subject.service
    summary = f"The limits of {subject.name} refused it: a bucket had no token left for this request."
    advice = (
        "A client that waits as long as retry-after says will be served.",
        "If the service can carry more, raise `limits` in the platform file, or have the owner do so.",
    )
    if service is None:
        return Reason(summary, advice=advice)
    details = [_tell_which_bucket(subject, service.total, service.per_client)]
    if subject.edges > 1:
        details.append(f"Each of the location's {subject.edges} edges holds its part, 1/{subject.edges} of every rate.")
    return Reason(summary, tuple(details), tell_limits(subject.moment, service), advice)


def _tell_which_bucket(subject: Subject, total: Bucket, client: Bucket | None) -> str:
    if client is None:
        return "It was the service's own bucket: no limit is set for each client."
    sizes = [max(1, round(bucket.burst / subject.edges)) for bucket in (total, client)]
    if subject.bucket_size in sizes and sizes[0] != sizes[1]:
        whose = "the service's own" if subject.bucket_size == sizes[0] else "this client's"
        return f"It was {whose} bucket: x-ratelimit-limit said {subject.bucket_size}."
    return "It was the service's own bucket or this client's: the edge doesn't log which of the two."


def _tell_location_limit(subject: Subject) -> Reason:
    summary = "The location is short of capacity: it takes no more requests of this class for now."
    advice = (
        "Look for what takes the capacity: `holdfast status`, and findings of saturation.",
        "Who is less critical waits first: `criticality` says how critical a service is.",
    )
    figures = tell_location(subject.moment, subject.service, subject.place[0]) if subject.place else ()
    return Reason(summary, figures=figures, advice=advice)


def _tell_bulkhead(subject: Subject) -> Reason:
    summary = f"As many requests of {subject.name} were in flight or waiting as may be: its bulkhead was full."
    advice = (
        "Usually its upstream has become slow: look at its answer times before raising `bulkhead`.",
        "Others weren't touched: that is what the wall is for.",
    )
    if subject.service is None or subject.place is None:
        return Reason(summary, advice=advice)
    figures = [figure for figure in tell_mitigated_limits(_find_limits(subject)) if "in flight" in figure.name]
    figures += tell_walls(subject.moment, subject.service, subject.place[0])
    details = (f"Each of {subject.edges} edges holds 1/{subject.edges} of it.",) if subject.edges > 1 else ()
    return Reason(summary, details, tuple(figures), advice)


def _tell_mitigation(subject: Subject) -> Reason:
    summary = f"{_MITIGATED[subject.request.cause]}.".format(name=subject.name)
    if subject.story is None:
        known = f"The journal doesn't know {subject.mitigation_id}." if subject.mitigation_id else ""
        return Reason(summary, (known,) if known else ())
    mitigation = subject.story.mitigation
    details = [_tell_match(subject)] if _tell_match(subject) else []
    advice = () if subject.story.ended_at else (f"To end it: holdfast end {mitigation.id}",)
    figures = tell_mitigated_limits(_find_limits(subject)) if isinstance(mitigation.measure, Limit) else ()
    return Reason(summary, tuple(details), figures, advice)


def _find_limits(subject: Subject) -> list[Mitigation]:
    """The limits that were laid over the service at the time and on the edge, oldest first."""
    edge, found = subject.request.edge, {m.id: m for m in subject.moment.mitigations}
    if subject.story:
        found.setdefault(subject.story.mitigation.id, subject.story.mitigation)
    held = [m for m in found.values() if isinstance(m.measure, Limit) and m.measure.service == subject.request.service]
    return sorted((m for m in held if m.edges is None or edge in {*m.edges, ""}), key=lambda m: m.started_at)


def _tell_match(subject: Subject) -> str:
    """Which of a mitigation's many values the request met."""
    measure = subject.story.mitigation.measure if subject.story else None
    if isinstance(measure, Deny):
        return f"Requests with {measure.source.describe()} are refused."
    if isinstance(measure, Block) and subject.request.client:
        try:
            client = ip_address(subject.request.client)
        except ValueError:
            return ""
        network = next((n for n in measure.networks if client in n), None)
        return f"The client {client} is in {network}." if network else ""
    return ""


def _tell_accept(subject: Subject) -> Reason:
    key = subject.request.cause.removeprefix("accept.")
    summary = f"{_NOT_ACCEPTED[key]}."
    summary = summary.format(name=subject.name)
    if subject.service is None:
        return Reason(summary)
    value = getattr(subject.service.accept, key, None)
    told = format_size(value) if isinstance(value, int) else ", ".join(value) if isinstance(value, tuple) else "as told"
    figure = tell_service_figure(subject.moment, subject.service, f"accept.{key}", told, "accept", key)
    details = (f"The rule: {subject.request.rule}",) if key == "graphql" and subject.request.rule else ()
    return Reason(summary, details, (figure,) if figure.line else ())


def _tell_unknown_host(subject: Subject) -> Reason:
    host = subject.request.host
    advice = ("Compare the host with `hosts` in the platform file; its name must point to these edges, too.",)
    return Reason(f"No service has the host {host or 'that was asked for'}.", advice=advice)


def _tell_no_route(subject: Subject) -> Reason:
    asked = f"{subject.request.method} {subject.request.path}".strip() or "the request"
    routes = () if subject.service is None else tuple(route.name for route in subject.service.routes)
    known = f"They are tried in this order: {', '.join(routes[:20])}." if routes else ""
    advice = ("Add a route for it, or one for everything else at the end: `{name: rest}`.",)
    return Reason(f"None of the routes of {subject.name} is for {asked}.", (known,) if known else (), advice=advice)


def _tell_upstream(subject: Subject) -> Reason:
    summary = _UPSTREAM[subject.request.cause].format(name=subject.name)
    if subject.service is None:
        return Reason(summary)
    service = subject.service
    endpoints = tell_service_figure(
        subject.moment, service, "endpoints", ", ".join(service.upstream.addresses[:8]), "upstream", "endpoints"
    )
    match subject.request.cause:
        case "upstream.timeout" | "upstream.unreachable":
            return Reason(summary, figures=(*tell_timeouts(subject.moment, service), endpoints))
        case "upstream.unhealthy" if service.upstream.health_check:
            check = service.upstream.health_check
            told = f"{check.path} every {format_duration(check.interval)}"
            figure = tell_service_figure(subject.moment, service, "health check", told, "upstream", "health_check")
            return Reason(summary, figures=(figure, endpoints))
        case _:
            return Reason(summary, figures=(endpoints,))


def _tell_edge(_subject: Subject) -> Reason:
    return Reason("Envoy itself answered: the request broke a rule that holds for all, as its flags and details say.")


_MITIGATED: Final = {
    "kill": "The service {name} was switched off for a time",
    "hold": "The service {name} was held back after an outage, until its turn to come back",
    "read-only": "The service {name} was read-only for a time, and the method may write",
    "block": "The client's address was blocked for a time",
    "deny": "It came from a source that was refused for a time",
    "limit.mitigation": "The service {name} was held to less than its own limits for a time, and that was used up",
}
_NOT_ACCEPTED: Final = {
    "methods": "The service {name} does not take this method",
    "content_types": "The service {name} does not take bodies of this type",
    "url_max": "The URL is longer than {name} takes",
    "header_max": "The request's head is larger than {name} takes",
    "body_max": "The body is larger than {name} takes",
    "graphql": "The service {name} takes GraphQL only, and this isn't any that it takes",
}
_UPSTREAM: Final = {
    "upstream.unhealthy": "No endpoint of {name} was healthy.",
    "upstream.timeout": "The upstream of {name} did not answer in time.",
    "upstream.unreachable": "No endpoint of {name} that was tried could be connected to.",
    "upstream.broken": "The upstream of {name} broke off, or did not answer in HTTP.",
}
_TELL: Final[Mapping[str, Callable[[Subject], Reason]]] = {
    "limit.service": _tell_service_limit,
    "limit.location": _tell_location_limit,
    "bulkhead": _tell_bulkhead,
    "unknown-host": _tell_unknown_host,
    "no-route": _tell_no_route,
    "edge": _tell_edge,
    **{f"accept.{key}": _tell_accept for key in _NOT_ACCEPTED},
    **dict.fromkeys(_MITIGATED, _tell_mitigation),
    **dict.fromkeys(_UPSTREAM, _tell_upstream),
}
