"""Who is given a revision when: a few services first, then more, and what matters most last."""

from collections.abc import Collection, Iterator, Sequence
from hashlib import blake2b
from math import ceil
from typing import Final

from holdfast.model.intent import Intent
from holdfast.model.rollout import Wave
from holdfast.model.shedding import CRITICAL

FIRST_MAX: Final = 50
"""The most services in the first cohort: a change that fails 2 % of their requests is seen in seconds among fifty."""
GROWTH: Final = 5
"""Each cohort has so many times as many services as the one before."""
Cohort = tuple[str, ...]


def assign_cohorts(
    old: Intent, new: Intent, touched: Collection[str], seed: str, first_share: float
) -> tuple[Cohort, ...]:
    """The cohorts of a change, each the names of services, in the order in which they go over.

    `touched` are the services that aren't as they were; `seed` shuffles them, so that no tenant is always first.
    Services between which a host moves go together. Critical and internal services, on which others depend, come after
    all others, in cohorts of their own.
    """
    groups = sorted(_group(old, new, touched), key=lambda group: (_is_late(old, new, group), _draw(seed, group)))
    cohorts: list[Cohort] = []
    cohort: list[str] = []
    size = min(max(1, ceil(first_share * len(touched))), FIRST_MAX)
    for number, group in enumerate(groups):
        cohort += group
        is_followed = number + 1 < len(groups)
        changes_tier = is_followed and _is_late(old, new, groups[number + 1]) != _is_late(old, new, group)
        if len(cohort) >= size or changes_tier:
            cohorts.append(tuple(sorted(cohort)))
            size, cohort = size * GROWTH, []
    return (*cohorts, tuple(sorted(cohort))) if cohort else tuple(cohorts)


def order_waves(cohorts: Sequence[Cohort], locations: Collection[str], *, shared: bool, seed: str) -> tuple[Wave, ...]:
    """The waves that cohorts go over in: the first at one location only, if there are several, and then everywhere.

    What services share comes after all of them, and at one location first as well.
    """
    first = min(locations, key=lambda name: _draw(seed, (name,)), default=None)
    waves = [Wave(cohort=number, services=len(cohort)) for number, cohort in enumerate(cohorts)]
    if shared:
        waves.append(Wave(cohort=None))
    tried = {0, None} if len(locations) > 1 and first is not None else set()
    return tuple(
        each
        for wave in waves
        for each in ((wave.model_copy(update={"locations": (first,)}), wave) if wave.cohort in tried else (wave,))
    )


def find_reached(
    waves: Sequence[Wave], cohorts: Sequence[Cohort], wave: int, location: str
) -> tuple[frozenset[str], bool]:
    """The services that have gone over at a location once a wave has begun (counted from 0), and whether what they
    share has.
    """
    begun = [each for each in waves[: wave + 1] if each.locations is None or location in each.locations]
    services = frozenset(name for each in begun if each.cohort is not None for name in cohorts[each.cohort])
    return services, any(each.cohort is None for each in begun)


def _group(old: Intent, new: Intent, touched: Collection[str]) -> Iterator[Cohort]:
    """The touched services, those together between which a host moves."""
    leader = {name: name for name in touched}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    owner_of: dict[str, str] = {}
    for intent in (old, new):
        for name in sorted(touched):
            for host in intent.services[name].service.hosts if name in intent.services else ():
                leader[find(name)] = find(owner_of.setdefault(host.lower(), name))
    groups: dict[str, list[str]] = {}
    for name in sorted(touched):
        groups.setdefault(find(name), []).append(name)
    yield from (tuple(group) for group in groups.values())


def _is_late(old: Intent, new: Intent, group: Collection[str]) -> bool:
    return any(
        owned.criticality in CRITICAL or owned.service.internal
        for name in group
        for intent in (old, new)
        if (owned := intent.services.get(name))
    )


def _draw(seed: str, group: Collection[str]) -> bytes:
    return blake2b(f"{seed}/{min(group)}".encode(), digest_size=8).digest()
