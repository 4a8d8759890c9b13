"""The numbers that held for a service, who chose each of them, and where that is written."""

from collections.abc import Iterable, Iterator

from holdfast.explain.moment import Moment, Path
from holdfast.model.effective import Bucket, EffectiveService
from holdfast.model.mitigation import Limit, Measure, Mitigation, Shed
from holdfast.model.platform import Limits
from holdfast.model.shedding import share_capacity
from holdfast.model.units import format_duration, format_rate
from holdfast.views.explanation import FigureDocument, Origin


def tell_limits(moment: Moment, service: EffectiveService) -> tuple[FigureDocument, ...]:
    """The rates and bursts of a service's buckets: the whole service's, and each client's."""
    chosen = moment.history.choice_at(service.name, moment.at)
    limits = (chosen.limits if chosen else None) or Limits()
    owner = chosen.author if chosen else ""
    owns_rate = limits.requests is not None
    figures = [
        *_tell_bucket(moment, service, (), service.total, owner if owns_rate else ""),
    ]
    if limits.burst is not None and not owns_rate:
        figures[1] = figures[1].model_copy(update={"origin": Origin.OWNER, "chosen_by": owner, "line": None})
    if service.per_client:
        owner = owner if limits.per_client is not None else ""
        figures += _tell_bucket(moment, service, ("per_client",), service.per_client, owner)
    return tuple(figures)


def tell_walls(moment: Moment, service: EffectiveService, location: str) -> tuple[FigureDocument, ...]:
    """What a service may have in flight, waiting and open at a location."""
    in_flight = (
        *_layers(service, "bulkhead", "in_flight", "maximum"),
        (("locations", location, "capacity", "in_flight"), Origin.LOCATION),
    )
    follows = service.connections == service.in_flight.maximum
    connections = (
        (service_path(service, "bulkhead", "connections"), Origin.SERVICE),
        *(in_flight if follows else [(("defaults", "bulkhead", "connections"), Origin.DEFAULTS)]),
    )
    return (
        find_figure(moment, f"requests in flight, at {location}", f"{service.in_flight.maximum:,}", *in_flight),
        find_figure(
            moment, f"requests waiting, at {location}", f"{service.pending:,}", *_layers(service, "bulkhead", "pending")
        ),
        find_figure(moment, f"connections, at {location}", f"{service.connections:,}", *connections),
    )


def tell_service_figure(moment: Moment, service: EffectiveService, name: str, value: str, *path: str) -> FigureDocument:
    """A number that only the service itself states."""
    return find_figure(moment, name, value, (service_path(service, *path), Origin.SERVICE))


def tell_mitigated_limits(mitigations: Iterable[Mitigation]) -> tuple[FigureDocument, ...]:
    """The numbers of limit mitigations, oldest first: of several that limit one thing, the latest counts."""
    told = dict[str, FigureDocument]()
    for mitigation in mitigations:
        for name, value in _tell_limit(mitigation.measure):
            by = f"{mitigation.id} by {mitigation.author}"
            told[name] = FigureDocument(name=name, value=value, origin=Origin.MITIGATION, chosen_by=by)
    return tuple(told.values())


def tell_class(moment: Moment, service: EffectiveService) -> FigureDocument:
    """How critical a service is."""
    return find_figure(moment, "criticality", service.criticality, *_layers(service, "criticality"))


def tell_location(moment: Moment, service: EffectiveService | None, location: str) -> tuple[FigureDocument, ...]:
    """What a location takes of all, and what of it a service's class may have: its share, or less while it sheds."""
    intent = moment.intent
    if intent is None:
        return ()
    capacity = intent.platform.locations[location].capacity
    written = ("locations", location, "capacity", "requests"), Origin.LOCATION
    whole = find_figure(moment, f"requests of all, at {location}", format_rate(capacity.requests), written)
    if service is None:
        return (whole,)
    name, kind = f"requests of its class, at {location}", service.criticality
    share = format_rate(share_capacity(capacity, intent.guaranteed).classes[kind])
    own = find_figure(moment, name, share, written)
    for mitigation in intent.mitigations:
        measure = mitigation.measure
        if isinstance(measure, Shed) and measure.location == location and kind in measure.requests_per_s:
            by = f"{mitigation.id} by {mitigation.author}"
            rate = format_rate(round(measure.requests_per_s[kind], 1))
            own = FigureDocument(name=name, value=rate, origin=Origin.MITIGATION, chosen_by=by)
    return whole, tell_class(moment, service), own


def tell_timeouts(moment: Moment, service: EffectiveService) -> tuple[FigureDocument, ...]:
    """How long the stages of a request to the upstream may take."""
    timeouts = service.upstream.timeouts
    values = {"request": timeouts.request, "per_try": timeouts.per_try, "connect": timeouts.connect}
    names = {"request": "the whole request", "per_try": "each try", "connect": "connecting"}
    return tuple(
        tell_service_figure(
            moment, service, f"time for {names[key]}", format_duration(value), "upstream", "timeouts", key
        )
        for key, value in values.items()
        if value is not None
    )


def find_figure(moment: Moment, name: str, value: str, *places: tuple[Path, Origin]) -> FigureDocument:
    """A number with the first of the places that says it; if none does, it is Holdfast's own."""
    for path, origin in places:
        if line := moment.find_line(path):
            return FigureDocument(name=name, value=value, origin=origin, line=line)
    return FigureDocument(name=name, value=value, origin=Origin.BUILT_IN)


def service_path(service: EffectiveService, *path: str | int) -> Path:
    """Where something is said of a service."""
    return ("tenants", service.tenant, "services", service.name, *path)


def _tell_bucket(
    moment: Moment, service: EffectiveService, key: tuple[str, ...], bucket: Bucket, owner: str
) -> Iterator[FigureDocument]:
    """A bucket's rate and size. The size belongs to whoever says the rate, and follows from it if he says none."""
    name = "requests of one client" if key else "requests of the service"
    rate, burst = (_layers(service, "limits", *key, part) for part in ("requests", "burst"))
    nearest_first = tuple(place for pair in zip(burst, rate, strict=True) for place in pair)
    for told, value, places in (
        (name, format_rate(bucket.per_s), rate),
        (f"{name} at once", f"{bucket.burst:,}", nearest_first),
    ):
        if owner:
            yield FigureDocument(name=told, value=value, origin=Origin.OWNER, chosen_by=owner)
        else:
            yield find_figure(moment, told, value, *places)


def _tell_limit(measure: Measure) -> Iterator[tuple[str, str]]:
    if not isinstance(measure, Limit):
        return
    if measure.requests_per_s is not None:
        yield "requests of the service", format_rate(measure.requests_per_s)
    if measure.per_client is not None:
        client = "one client" if measure.client_prefix == 32 else f"all clients of a /{measure.client_prefix}"
        yield f"requests of {client}", format_rate(measure.per_client.requests)
    if measure.in_flight is not None:
        yield "requests in flight", f"{measure.in_flight:,}"


def _layers(service: EffectiveService, *path: str) -> tuple[tuple[Path, Origin], ...]:
    """Where something may be said, nearest first, as `model.effective` lays them over each other."""
    return (service_path(service, *path), Origin.SERVICE), (("defaults", *path), Origin.DEFAULTS)
