"""Care for upstreams that would hurt them: retries, timeouts and health checks in dangerous combinations."""

from collections.abc import Iterator
from typing import Final

from holdfast.model.platform import Platform
from holdfast.model.units import format_duration, format_size
from holdfast.model.upstream import Retries
from holdfast.spec.codes import Finding, error, warning
from holdfast.spec.quantities import format_share
from holdfast.spec.rules.walk import Sent, each_upstream

UNSAFE_RETRY = error(
    "HF501",
    "a retried method that may act twice",
    "A request that failed may have been carried out all the same. Sending it again may charge a card twice. That "
    "is safe for GET, HEAD, OPTIONS, TRACE, PUT and DELETE by definition (RFC 9110, 9.2.2), for others only where "
    "the upstream knows a repeated request by its idempotency key; then only requests with the key are retried.",
    wrong="tenants: {acme: {services: {shop: {upstream: {retries: {methods: [GET, POST], body_max: 1MiB}}}}}}\n",
    right="tenants: {acme: {services: {shop: {upstream: {retries: {methods: [GET, POST], body_max: 1MiB, "
    "idempotency_key: Idempotency-Key}}, accept: {body_max: 1MiB}}}}}\n",
)
BODY_NOT_RETRIED = warning(
    "HF502",
    "bodies too large to be retried",
    "To retry a request with a body, an edge must have kept the body. Above `retries.body_max` it isn't kept, and "
    "the retry is silently left out.",
    wrong="""
tenants:
  acme:
    services:
      shop:
        accept: {body_max: 10MiB}
        upstream: {retries: {methods: [GET, PUT]}}
""",
    right="""
tenants:
  acme:
    services:
      shop:
        accept: {body_max: 64KiB}
        upstream: {retries: {methods: [GET, PUT]}}
""",
)
RETRY_STORM = error(
    "HF503",
    "a retry storm by design",
    "When the upstream fails, retries more than double its load, which keeps it down. With a budget b of what is "
    "in flight, retries multiply load by up to 1 / (1 - b), and by at most 1 + attempts.",
    wrong="tenants: {acme: {services: {shop: {upstream: {retries: {attempts_max: 4, budget: 80%}}}}}}",
    right="tenants: {acme: {services: {shop: {upstream: {retries: {attempts_max: 4, budget: 20%}}}}}}",
)
NO_TIME = warning(
    "HF504",
    "timeouts that cut each other off",
    "All tries together, or one stage alone, may take longer than the whole request may. What comes last is cut "
    "off, whatever its own timeout says.",
    wrong="tenants: {acme: {services: {shop: {upstream: {timeouts: {per_try: 10s, request: 15s}}}}}}",
    right="tenants: {acme: {services: {shop: {upstream: {timeouts: {per_try: 5s, request: 15s}}}}}}",
)
SLOW_CHECK = warning(
    "HF505",
    "a health check slower than its interval",
    "A check that may take longer than the interval between checks finds a dead endpoint later than the interval "
    "promises.",
    wrong="tenants: {acme: {services: {shop: {upstream: {health_check: {interval: 1s, timeout: 5s}}}}}}",
    right="tenants: {acme: {services: {shop: {upstream: {health_check: {interval: 5s, timeout: 1s}}}}}}",
)
NO_CHECK = warning(
    "HF506",
    "several endpoints, no health check",
    "Without an active check, a dead endpoint is found only by the requests that fail on it.",
    wrong="tenants: {acme: {services: {shop: {upstream: {endpoints: ['127.0.0.1:9101', '127.0.0.1:9102']}}}}}",
    right="tenants: {acme: {services: {shop: {upstream: {endpoints: ['127.0.0.1:9101', '127.0.0.1:9102'], "
    "health_check: {path: /healthz}}}}}}",
)

IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Methods that may be sent twice (RFC 9110, 9.2.2)."""
BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods whose requests have no body to keep."""
LOAD_MAX: Final = 2.0
"""The most that retries may multiply a failing upstream's load by."""


def check_upstreams(platform: Platform) -> Iterator[Finding]:
    """Every service's retries, timeouts and health check."""
    for sent in each_upstream(platform):
        if sent.upstream.retries.attempts_max:
            yield from _check_methods(sent)
            yield from _check_bodies(sent)
            yield from _check_storm(sent)
        yield from _check_timeouts(sent)
        yield from _check_health(sent)


def _check_methods(sent: Sent) -> Iterator[Finding]:
    retries = sent.upstream.retries
    for index, method in enumerate(retries.methods):
        if method not in IDEMPOTENT and not retries.idempotency_key:
            path = (*sent.path, "retries", "methods", index)
            message = f"a {method} to {sent.name} that is retried may be carried out twice"
            fix = f"take {method} out, or name the header that the upstream knows repeats by: idempotency_key"
            yield UNSAFE_RETRY.at(path, message, fix)


def _check_bodies(sent: Sent) -> Iterator[Finding]:
    retries, accepted = sent.upstream.retries, sent.owned.service.accept.body_max
    with_body = [method for method in retries.methods if method not in BODILESS]
    if with_body and accepted is not None and accepted > retries.body_max:
        kept = format_size(retries.body_max)
        name = sent.owned.name
        message = f"{name} takes bodies up to {format_size(accepted)}; {with_body[0]} above {kept} isn't retried"
        fix = f"write accept.body_max: {kept}, or raise {'.'.join(map(str, sent.path[4:]))}.retries.body_max"
        yield BODY_NOT_RETRIED.at((*sent.owned.path, "accept", "body_max"), message, fix)


def multiply_load(retries: Retries) -> float:
    """By how much retries may multiply the load of an upstream that fails every request.

    Each of n requests is tried at most 1 + attempts times, and retries are at most the budget b of all that
    is in flight: r <= b (n + r), thus (n + r) / n <= 1 / (1 - b).
    """
    by_attempts = 1.0 + retries.attempts_max
    return by_attempts if retries.budget >= 1 else min(by_attempts, 1 / (1 - retries.budget))


def _check_storm(sent: Sent) -> Iterator[Finding]:
    retries = sent.upstream.retries
    load = multiply_load(retries)
    if load > LOAD_MAX:
        budget = format_share(retries.budget)
        message = f"{retries.attempts_max} retries within {budget} send a failing {sent.name} {load:.3g} times its load"
        yield RETRY_STORM.at((*sent.path, "retries", "budget"), message, "write a budget of 20%")


def _check_timeouts(sent: Sent) -> Iterator[Finding]:
    upstream, path = sent.upstream, (*sent.path, "timeouts")
    timeouts, tries = upstream.timeouts, 1 + upstream.retries.attempts_max
    whole = format_duration(timeouts.request)
    if timeouts.connect > timeouts.request:
        message = f"connecting may take {format_duration(timeouts.connect)}, the whole request only {whole}"
        yield NO_TIME.at((*path, "connect"), message, f"write less than {whole}, or raise timeouts.request")
    if timeouts.per_try is not None and timeouts.per_try * tries > timeouts.request * 1.000001:
        each, needed = format_duration(timeouts.per_try), format_duration(timeouts.per_try * tries)
        message = f"{tries} tries of {each} take {needed}, and the whole request may take {whole}"
        fix = f"write per_try: {format_duration(timeouts.request / tries)} or less, or request: {needed}"
        yield NO_TIME.at((*path, "per_try"), message, fix)


def _check_health(sent: Sent) -> Iterator[Finding]:
    check, endpoints = sent.upstream.health_check, sent.upstream.endpoints
    path = (*sent.path, "health_check")
    if check is None and len(endpoints) > 1:
        message = f"{sent.name} has {len(endpoints)} endpoints and no health check"
        yield NO_CHECK.at((*path[:-1], "endpoints"), message, "add health_check: {path: /healthz}")
    if check and check.timeout > check.interval:
        timeout, interval = format_duration(check.timeout), format_duration(check.interval)
        message = f"a check of {sent.name} may take {timeout}, and the next is due after {interval}"
        yield SLOW_CHECK.at((*path, "timeout"), message, f"write {interval} or less")
