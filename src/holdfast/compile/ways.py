"""The ways that a route's requests may take, by method and by who asks: where each leads, what is tried again."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from envoy.config.core.v3 import base_pb2
from envoy.config.route.v3 import route_components_pb2 as route
from envoy.extensions.retry.host.previous_hosts.v3 import previous_hosts_pb2
from envoy.extensions.retry.priority.previous_priorities.v3 import previous_priorities_config_pb2
from envoy.type.matcher.v3 import string_pb2

from holdfast.compile import names
from holdfast.compile.accept import method_matcher
from holdfast.compile.assets import keep_copies
from holdfast.compile.chains import (
    Choice,
    choose_deferred,
    choose_direct,
    choose_reads,
    choose_static,
    count_links,
)
from holdfast.compile.endpoints import has_several
from holdfast.compile.message import pack, seconds, uint32
from holdfast.model.effective import EffectiveService
from holdfast.model.inner import FROM_ASSETS, FROM_SPOOL, INNER_HEADER, RECEIPTS_PATH, ROUTE_HEADER, SERVICE_HEADER
from holdfast.model.route import Route
from holdfast.model.upstream import Retries, Timeouts, Upstream

_RETRY_ALWAYS: Final = "connect-failure,refused-stream"
"""Failures where the upstream can't have begun to work on the request."""
_RETRY_SAFE: Final = "connect-failure,refused-stream,reset,5xx"
_RETRY_DEFERRED: Final = f"{_RETRY_SAFE},retriable-status-codes"
_SELECTIONS_MAX: Final = 100
"""Draws for an endpoint that was not tried yet; with few, a dead one that has most of the requests is drawn again."""
_RETRIES_MAX: Final = 5
_BACK_OFF_S: Final = 0.002
_BACK_OFF_S_MAX: Final = 0.02
"""Who is asked next hasn't failed yet: there is nothing to spare it, as there is where the same is asked again."""
_TRY_S_MAX: Final = 5.0
"""Where others may answer, none is waited for longer, unless operators say so."""
_FRAMES_KEPT_MAX: Final = 4096
_READS: Final = ("GET", "HEAD", "OPTIONS")
_KEPT: Final = ("GET", "HEAD")
_KEY_HEADER: Final = "idempotency-key"


class Way(NamedTuple):
    """Where a kind of a route's requests leads; `frame` is the rest of the entry but for what the route itself says."""

    frame: route.Route
    choice: Choice


def find_ways(service: EffectiveService, stated: Route) -> Iterator[Way]:
    """The ways of one route that leads to an upstream, in the order in which they are tried."""
    upstream = service.upstream if stated.upstream is None else service.upstreams[stated.upstream]
    if upstream.standbys or service.is_probed:
        yield from _find_probing(service.name, stated.upstream, upstream)
    direct, reads = choose_direct(service, stated.upstream), choose_reads(service, stated.upstream)
    if stated.deferred:
        yield Way(_from_within(_always(upstream, _RETRY_SAFE), FROM_SPOOL), direct)
        deferred = choose_deferred(service, stated.upstream)
        frame = _frame_chain(upstream, _RETRY_DEFERRED, 2, _count_tries(upstream))
        yield Way(_defer(service, stated, frame), deferred)
        return
    links = count_links(reads, service)
    reading = _frame_chain(upstream, _RETRY_SAFE, links) if links > 1 else _always(upstream, _RETRY_SAFE)
    if stated.static:
        yield Way(_from_within(reading, FROM_ASSETS), reads)
        static = choose_static(service, stated.upstream)
        chained = _frame_chain(upstream, _RETRY_SAFE, links + 1, 1 if links > 1 else _count_tries(upstream))
        yield Way(keep_copies(_for_methods(chained, _KEPT), service.name), static)
    if upstream.standbys:
        yield Way(_for_methods(reading, _READS), reads)
    for frame in _frame_direct(upstream.retries, upstream.timeouts):
        yield Way(frame, direct)


def _find_probing(service: str, name: str | None, upstream: Upstream) -> Iterator[Way]:
    """To an upstream, and to each of its standbys, for who asks how this one is: nobody answers in its place."""
    standbys = (names.standby_of(service, name, standby) for standby in upstream.standbys)
    for cluster in (names.cluster_of(service, name), *standbys):
        frame = route.Route(route=route.RouteAction(timeout=seconds(upstream.timeouts.request)))
        entry = _from_within(frame, names.probe_of(cluster))
        entry.response_headers_to_add.append(_set_header(names.PROBED_HEADER, cluster))
        yield Way(entry, Choice("", cluster))


def route_receipts(service: str) -> route.Route:
    """Leads to what became of messages that were accepted for a service."""
    entry = route.Route(
        match=route.RouteMatch(prefix=RECEIPTS_PATH, headers=[method_matcher(_KEPT)]),
        route=route.RouteAction(cluster=names.SPOOL_CLUSTER, timeout=seconds(5.0)),
    )
    entry.request_headers_to_add.append(_set_header(SERVICE_HEADER, service))
    return entry


def _defer(service: EffectiveService, stated: Route, frame: route.Route) -> route.Route:
    """Says whose message it is, and has it bear a key under which it is the same message however often it is sent."""
    entry = route.Route()
    entry.CopyFrom(frame)
    entry.metadata.filter_metadata[names.DEFERRED_METADATA]["is"] = True
    if stated.deferred:
        entry.route.retry_policy.retriable_status_codes.extend(stated.deferred.also_on)
    entry.request_headers_to_add.append(_set_header(SERVICE_HEADER, service.name))
    entry.request_headers_to_add.append(_set_header(ROUTE_HEADER, stated.name))
    key = base_pb2.HeaderValue(key=_KEY_HEADER, value="%REQ(X-REQUEST-ID)%")
    absent = base_pb2.HeaderValueOption.ADD_IF_ABSENT
    entry.request_headers_to_add.append(base_pb2.HeaderValueOption(header=key, append_action=absent))
    return entry


def _set_header(name: str, value: str) -> base_pb2.HeaderValueOption:
    overwrite = base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD
    return base_pb2.HeaderValueOption(header=base_pb2.HeaderValue(key=name, value=value), append_action=overwrite)


def _from_within(frame: route.Route, part: str) -> route.Route:
    """For requests of one of Holdfast's own parts."""
    entry = route.Route()
    entry.CopyFrom(frame)
    entry.match.headers.add(name=INNER_HEADER, string_match=string_pb2.StringMatcher(exact=part))
    return entry


def _for_methods(frame: route.Route, methods: tuple[str, ...]) -> route.Route:
    entry = route.Route()
    entry.CopyFrom(frame)
    entry.match.headers.append(method_matcher(methods))
    return entry


@lru_cache(maxsize=_FRAMES_KEPT_MAX)
def _frame_direct(retries: Retries, timeouts: Timeouts) -> tuple[route.Route, ...]:
    """An upstream's entries but for what they match and where they lead; most services share them with many others."""
    always = route.Route(route=route.RouteAction(timeout=seconds(timeouts.request)))
    if not retries.attempts_max:
        return (always,)
    always.route.retry_policy.CopyFrom(_retry_policy(retries, _RETRY_ALWAYS, timeouts.per_try))
    safe = route.RouteAction(timeout=seconds(timeouts.request))
    safe.retry_policy.CopyFrom(_retry_policy(retries, _RETRY_SAFE, timeouts.per_try))
    headers = []
    if retries.methods:
        headers.append(method_matcher(retries.methods))
    if retries.idempotency_key:
        headers.append(route.HeaderMatcher(name=retries.idempotency_key, present_match=True))
    matches = (route.RouteMatch(headers=[header]) for header in headers)
    return (*(route.Route(match=match, route=safe) for match in matches), always)


def _always(upstream: Upstream, retry_on: str) -> route.Route:
    """One entry for all methods."""
    entry = route.Route(route=route.RouteAction(timeout=seconds(upstream.timeouts.request)))
    if upstream.retries.attempts_max:
        policy = _retry_policy(upstream.retries, retry_on, upstream.timeouts.per_try)
        entry.route.retry_policy.CopyFrom(policy)
    return entry


def _frame_chain(upstream: Upstream, retry_on: str, links: int, each: int = 1) -> route.Route:
    """An entry that leads to a chain: as many tries as it takes to come to its end, so many at each link."""
    retries = min(_RETRIES_MAX, max(each * (links - 1), upstream.retries.attempts_max))
    timeouts = upstream.timeouts
    per_try_s = timeouts.per_try or min(_TRY_S_MAX, timeouts.request / (retries + 1))
    entry = route.Route(route=route.RouteAction(timeout=seconds(timeouts.request)))
    policy = _retry_policy(upstream.retries, retry_on, per_try_s)
    policy.num_retries.value = retries
    policy.retry_back_off.base_interval.CopyFrom(seconds(_BACK_OFF_S))
    policy.retry_back_off.max_interval.CopyFrom(seconds(_BACK_OFF_S_MAX))
    policy.retry_priority.name = "envoy.retry_priorities.previous_priorities"
    priorities = previous_priorities_config_pb2.PreviousPrioritiesConfig(update_frequency=each)
    policy.retry_priority.typed_config.CopyFrom(pack(priorities))
    entry.route.retry_policy.CopyFrom(policy)
    return entry


def _count_tries(upstream: Upstream) -> int:
    """At an upstream before its last resort: two, where there is another endpoint, as that answers like the first.

    So does a standby, which is asked after one try: where all endpoints hang, two take longer than clients may wait.
    """
    return 2 if has_several(upstream) else 1


def _retry_policy(retries: Retries, retry_on: str, per_try_s: float | None) -> route.RetryPolicy:
    """On another endpoint than before; also where there is only one, so that a second touches no bucket."""
    policy = route.RetryPolicy(
        retry_on=retry_on, num_retries=uint32(retries.attempts_max), host_selection_retry_max_attempts=_SELECTIONS_MAX
    )
    policy.retry_host_predicate.add(name="envoy.retry_host_predicates.previous_hosts", typed_config=_PREVIOUS_HOSTS)
    if per_try_s is not None:
        policy.per_try_timeout.CopyFrom(seconds(per_try_s))
    return policy


_PREVIOUS_HOSTS: Final = pack(previous_hosts_pb2.PreviousHostsPredicate())
