"""Measures in a few words, the same wherever they are shown."""

from typing import assert_never

from holdfast.model.mitigation import Block, Deny, Kill, Limit, Measure, ReadOnly, Shed


def describe_measure(measure: Measure) -> str:
    """What a measure does, such as `limit shop to 120/s, 8 in flight`."""
    match measure:
        case Kill():
            return f"kill {measure.service}"
        case ReadOnly():
            return f"make {measure.service} read-only"
        case Limit():
            return f"limit {measure.service} to {', '.join(_describe_limits(measure))}"
        case Block():
            return f"block {_count(len(measure.networks), 'network')} for {measure.service or 'everybody'}"
        case Deny():
            return f"deny {measure.source} for {measure.service}"
        case Shed():
            return f"shed at {measure.location}"
    assert_never(measure)


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
