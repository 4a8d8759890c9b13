"""Measures in a few words, the same wherever they are shown."""

from typing import assert_never

from holdfast.model.mitigation import (
    Block,
    Deny,
    Drain,
    FailOver,
    Hold,
    Kill,
    Limit,
    Measure,
    ReadOnly,
    Shed,
    Spool,
    Whom,
)


def describe_measure(measure: Measure) -> str:  # noqa: PLR0911, C901 - one for each kind
    """What a measure does, such as `limit shop to 120/s, 8 in flight`."""
    match measure:
        case Kill():
            return f"kill {measure.service}"
        case ReadOnly():
            return f"make {describe_whom(measure)} read-only"
        case Limit():
            return f"limit {measure.service} to {', '.join(_describe_limits(measure))}"
        case Block():
            return f"block {_count(len(measure.networks), 'network')} for {measure.service or 'everybody'}"
        case Deny():
            return f"deny {measure.source.describe()} for {measure.service}"
        case Shed():
            return f"shed at {measure.location}"
        case FailOver():
            share = "" if measure.share == 1 else f" with {measure.share:.0%} of the requests"
            return f"fail {describe_whom(measure)} over to {measure.to or 'its standby'}{share}"
        case Drain():
            return f"drain {_count(len(measure.endpoints), 'endpoint')} of {measure.service}"
        case Hold():
            let_in = "" if measure.requests_per_s is None else f" to {measure.requests_per_s:,.4g}/s"
            return f"hold {measure.service} back{let_in}"
        case Spool():
            return f"spool what {measure.service} may defer"
    assert_never(measure)


def describe_whom(whom: Whom) -> str:
    """Whom a measure is for, such as `shop` or `critical services at us-east`."""
    if whom.service is not None:
        return whom.service
    classes = " and ".join(whom.classes or ())
    place = f" at {whom.site}" if whom.site is not None else ""
    return f"{classes} services{place}" if classes else f"all services{place}"


def _describe_limits(limit: Limit) -> list[str]:
    words = []
    if limit.requests_per_s is not None:
        words.append(f"{limit.requests_per_s:,.4g}/s")
    if limit.per_client is not None:
        client = "client" if limit.client_prefix == 32 else f"/{limit.client_prefix} of clients"
        words.append(f"{limit.per_client.requests:,.4g}/s for each {client}")
    if limit.in_flight is not None:
        words.append(f"{limit.in_flight} in flight")
    return words


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"
