"""Retries upon retries: services that call each other, each of which tries again."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import prod
from typing import Final, NamedTuple

from holdfast.model.intent import Intent
from holdfast.model.upstream import Retries
from holdfast.rollout.danger import Change, Danger
from holdfast.rollout.hosts import find_service, index_hosts

CHAIN_LOAD_MAX: Final = 4.0
"""The most that the retries of a chain of calls may multiply a failing service's load by, all together."""
GROWN_FACTOR: Final = 2.0
"""A change that multiplies by less adds little to what was there: a long chain of modest retries is no news."""
HOPS_MAX: Final = 8

Calls = Mapping[str, Mapping[str, frozenset[str]]]
"""For each caller, whom it calls, and by which methods; the caller of clients outside is empty."""


class _Chain(NamedTuple):
    """Services that call each other in this order, and by how much their retries multiply the last one's load."""

    services: tuple[str, ...]
    load: float


def find_retry_chains(change: Change) -> Iterator[Danger]:
    """The chain of recorded calls whose retries would multiply most, if that is too much and the change doubles it."""
    calls = _list_calls(change)
    worst = _find_worst(change.new, calls)
    if worst.load <= CHAIN_LOAD_MAX or not change.changes.mentioned & set(worst.services):
        return
    before, after = (_list_loads(intent, calls, worst.services) for intent in (change.old, change.new))
    raised = [index for index, (was, will) in enumerate(zip(before, after, strict=True)) if was != will]
    if not raised or prod(after) < GROWN_FACTOR * prod(before):
        return
    part = slice(raised[0], raised[-1] + 1)
    chain = " → ".join(worst.services[part])
    message = (
        f"if {worst.services[raised[-1]]} fails, retries along {chain} would send it {prod(after[part]):.3g} times its "
        f"load, instead of {prod(before[part]):.3g} times"
    )
    yield Danger("retry-chain", message, worst.services[part], (chain,))


def _list_calls(change: Change) -> Calls:
    hosts = index_hosts(change.new)
    calls: dict[str, dict[str, set[str]]] = {}
    for request in change.requests:
        called = find_service(hosts, request.host)
        if called is not None and called != request.caller:
            calls.setdefault(request.caller, {}).setdefault(called, set()).add(request.method)
    return {caller: {name: frozenset(by) for name, by in called.items()} for caller, called in calls.items()}


def _find_worst(intent: Intent, calls: Calls) -> _Chain:
    """The chain of at most `HOPS_MAX` services that multiplies most, none of them twice."""
    known = {name for called in calls.values() for name in called}
    worst = dict.fromkeys(known, _Chain((), 1.0))
    best = _Chain((), 1.0)
    for _ in range(HOPS_MAX):
        longer: dict[str, _Chain] = {}
        for caller, called in calls.items():
            for name, methods in called.items():
                chain = worst[name]
                if name in chain.services or caller in chain.services:
                    continue
                load = chain.load * _multiply_load(intent, name, methods)
                if load > longer.get(caller, _Chain((), 0.0)).load:
                    longer[caller] = _Chain((name, *chain.services), load)
        best = max((best, *longer.values()), key=lambda chain: chain.load)
        worst.update({name: chain for name, chain in longer.items() if name in known})
    return best


def _list_loads(intent: Intent, calls: Calls, services: tuple[str, ...]) -> list[float]:
    """By how much each of these, which call each other in this order, multiplies what it is asked."""
    first = frozenset[str]().union(*(called.get(services[0], ()) for called in calls.values()))
    methods = [first, *(calls[caller][name] for caller, name in pairwise(services))]
    return [_multiply_load(intent, *each) for each in zip(services, methods, strict=True)]


def _multiply_load(intent: Intent, service: str, methods: frozenset[str]) -> float:
    """By how much a service's retries multiply requests of these methods, at the upstream that is retried most."""
    if service not in intent.services:
        return 1.0
    stated = intent.services[service].service
    retried = [u.retries for u in (stated.upstream, *stated.upstreams.values()) if methods & set(u.retries.methods)]
    return max((multiply_load(retries) for retries in retried), default=1.0)


def multiply_load(retries: Retries) -> float:
    """By how much retries may multiply the load of an upstream that fails every request.

    Each of n requests is tried at most 1 + attempts times, and retries are at most the budget b of all that
    is in flight: r <= b (n + r), thus (n + r) / n <= 1 / (1 - b).
    """
    by_attempts = 1.0 + retries.attempts_max
    return by_attempts if retries.budget >= 1 else min(by_attempts, 1 / (1 - retries.budget))
