"""What the seed draws: everybody's usual traffic, and whom which mistake hits."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from random import Random
from typing import TYPE_CHECKING, Final

from holdfast.drills.instruments import LoadPlan, RateWindow
from holdfast.drills.stage.audiences import Audience, draw_audiences, plan_requests
from holdfast.drills.stage.names import name_host, service_names
from holdfast.model.mitigation import Block, Deny, Limit
from holdfast.model.platform import ClientLimits
from holdfast.model.source_rule import Dimension, SourceMatch, SourceRule

if TYPE_CHECKING:
    from holdfast.drills.mitigation_backfire.scenario import Form, MitigationBackfire
    from holdfast.model.mitigation import Measure

SEED_BITS: Final = 63
EVERYBODY: Final = IPv4Network("127.0.0.0/8")
BLOCKS_ALL: Final = "blocks nearly everybody"
ONE_BUCKET: Final = "makes one client of all"
CONNECTIONS_BESIDE: Final = 1_024


@dataclass(frozen=True, slots=True)
class Served:
    """A service with its usual traffic."""

    name: str
    usual_rps: float
    audiences: tuple[Audience, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """What somebody types, whom it hits, and what was meant: a measure that harms nobody."""

    kind: str
    service: str
    measure: Measure
    meant: Measure


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays what, and what is proposed, in order."""

    services: tuple[Served, ...]
    mistakes: tuple[Mistake, ...]
    seed: int


def draw_cast(scenario: MitigationBackfire, form: Form, seed: int) -> Cast:
    """The cast of a seed: the same for the same scenario, form and seed."""
    chance = Random(seed)  # noqa: S311 - to be repeated, not to be unguessable
    addresses = scenario.audiences * scenario.clients
    services = tuple(
        Served(
            name=name,
            usual_rps=chance.uniform(scenario.requests.least, scenario.requests.most),
            audiences=draw_audiences(chance, scenario.audiences, scenario.clients, number * addresses),
        )
        for number, name in enumerate(service_names(scenario.services))
    )
    kinds = [BLOCKS_ALL, ONE_BUCKET] * form.rounds
    chance.shuffle(kinds)
    mistakes = tuple(_draw_mistake(scenario, kind, chance.choice(services).name, chance) for kind in kinds)
    return Cast(services, mistakes, chance.getrandbits(SEED_BITS))


def plan_traffic(scenario: MitigationBackfire, cast: Cast, port: int, seconds: float) -> LoadPlan:
    """Everybody's usual traffic; its streams are the services' names."""
    sources = len(cast.services) * scenario.audiences * scenario.clients
    return LoadPlan(
        target_port=port,
        duration_s=seconds,
        hosts=tuple(
            load
            for served in cast.services
            for load in plan_requests(
                name_host(served.name), served.name, served.audiences, [RateWindow(0, seconds, served.usual_rps)]
            )
        ),
        seed=cast.seed,
        timeout_ms=round(scenario.client_timeout * 1e3),
        connections_max=sources + CONNECTIONS_BESIDE,
        sources=sources,
        requests_max=5_000_000,
    )


def _draw_mistake(scenario: MitigationBackfire, kind: str, service: str, chance: Random) -> Mistake:
    limit = scenario.client_limit
    each = ClientLimits(requests=limit.requests)
    meant = Limit(service=service, per_client=each, client_prefix=limit.meant_prefix)
    if kind == ONE_BUCKET:
        mistyped = Limit(service=service, per_client=each, client_prefix=limit.mistyped_prefix)
        return Mistake(kind, service, mistyped, meant)
    return Mistake(kind, service, _draw_block(service, chance), meant)


def _draw_block(service: str, chance: Random) -> Measure:
    """Three ways to say everybody by mistake."""
    rules = {
        Dimension.PATH_PREFIX: ("/",),
        Dimension.USER_AGENT_FAMILY: ("Chrome", "Safari", "Firefox", "Edge", "okhttp"),
    }
    way = chance.choice(["network", *rules])
    if way == "network":
        return Block(service=service, networks=(EVERYBODY,))
    dimension = Dimension(way)
    match = SourceMatch(dimension=dimension, values=rules[dimension])
    return Deny(service=service, source=SourceRule(matches=(match,)))
