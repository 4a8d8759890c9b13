"""Every drill: its scenario file, and what plays it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from holdfast.drills.bad_route_push import drill as bad_route_push
from holdfast.drills.bad_route_push.scenario import BadRoutePush
from holdfast.drills.deferred_sending import drill as deferred_sending
from holdfast.drills.deferred_sending.scenario import DeferredSending
from holdfast.drills.first_words import drill as first_words
from holdfast.drills.first_words.scenario import FirstWords
from holdfast.drills.mitigation_backfire import drill as mitigation_backfire
from holdfast.drills.mitigation_backfire.scenario import MitigationBackfire
from holdfast.drills.noisy_neighbour import drill as noisy_neighbour
from holdfast.drills.noisy_neighbour.scenario import NoisyNeighbour
from holdfast.drills.platform_surge import drill as platform_surge
from holdfast.drills.platform_surge.scenario import PlatformSurge
from holdfast.drills.provider_loss import drill as provider_loss
from holdfast.drills.provider_loss.scenario import ProviderLoss
from holdfast.drills.rogue_monitor import drill as rogue_monitor
from holdfast.drills.rogue_monitor.scenario import RogueMonitor
from holdfast.drills.scenario import Story
from holdfast.drills.spot_reclaim import drill as spot_reclaim
from holdfast.drills.spot_reclaim.scenario import SpotReclaim
from holdfast.drills.surge_attack import drill as surge_attack
from holdfast.drills.surge_attack.scenario import SurgeAttack
from holdfast.model.units import WRITTEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from holdfast.drills.drill import Order, Played
    from holdfast.drills.progress import Watcher

SUFFIX: Final = ".yaml"
Scenario = (
    BadRoutePush
    | DeferredSending
    | FirstWords
    | MitigationBackfire
    | NoisyNeighbour
    | PlatformSurge
    | ProviderLoss
    | RogueMonitor
    | SpotReclaim
    | SurgeAttack
)
ScenarioT = TypeVar("ScenarioT", bound=Story)
_SCENARIO: Final[TypeAdapter[Scenario]] = TypeAdapter(Annotated[Scenario, Field(discriminator="drill")])
_PLAYERS: Final[Mapping[type[Story], Callable[[Any, Order, Watcher], Played]]] = {
    BadRoutePush: bad_route_push.play,
    DeferredSending: deferred_sending.play,
    FirstWords: first_words.play,
    MitigationBackfire: mitigation_backfire.play,
    NoisyNeighbour: noisy_neighbour.play,
    PlatformSurge: platform_surge.play,
    ProviderLoss: provider_loss.play,
    RogueMonitor: rogue_monitor.play,
    SpotReclaim: spot_reclaim.play,
    SurgeAttack: surge_attack.play,
}


class ScenarioInvalid(Exception):
    """There is no such scenario, or its file has mistakes; the message tells all of them."""


def list_scenarios() -> list[Scenario]:
    """Every scenario that comes with Holdfast, by name."""
    folder = files(__package__) / "scenarios"
    texts = {each.name: each.read_text("utf-8") for each in folder.iterdir() if each.name.endswith(SUFFIX)}
    return [_read(texts[name], name) for name in sorted(texts)]


def load_scenario(name: str) -> Scenario:
    """A scenario by its name, or from a file whose path ends in .yaml. Raises ScenarioInvalid."""
    if name.endswith(SUFFIX):
        try:
            return _read(Path(name).read_text("utf-8"), name)
        except OSError as error:
            raise ScenarioInvalid(f"{name} can't be read: {error.strerror}") from error
    known = {each.drill: each for each in list_scenarios()}
    if name not in known:
        raise ScenarioInvalid(f"there is no drill {name!r}; there are: {', '.join(known)}")
    return known[name]


def load_scenario_of(kind: type[ScenarioT], name: str) -> ScenarioT:
    """A scenario of one drill, by its name or file. Raises ScenarioInvalid, also when it is another drill's."""
    scenario = load_scenario(name)
    if not isinstance(scenario, kind):
        raise ScenarioInvalid(f"{name} is a scenario of the drill {scenario.drill}")
    return scenario


def play(scenario: Scenario, order: Order, watcher: Watcher) -> Played:
    """Play a scenario from start to end; every process it starts has ended then.

    Raises DrillBroken, InstrumentError, BuildError, NoEnvoy.
    """
    return _PLAYERS[type(scenario)](scenario, order, watcher)


def _read(text: str, name: str) -> Scenario:
    try:
        return _SCENARIO.validate_python(yaml.safe_load(text), context=WRITTEN)
    except yaml.YAMLError as error:
        raise ScenarioInvalid(f"{name} isn't YAML: {error}") from error
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc'])) or 'the scenario'}: {each['msg']}" for each in error.errors()]
        raise ScenarioInvalid("\n".join([f"{name} has mistakes:", *wrong])) from error
