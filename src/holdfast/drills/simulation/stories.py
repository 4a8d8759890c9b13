"""Stories that are played in a small simulated world, and what must come of each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from holdfast.drills.simulation.reporting import Mishaps
from holdfast.drills.simulation.traffic import Flood
from holdfast.drills.simulation.witness import LINGER_S, Witness
from holdfast.drills.simulation.world import World

SERVICES: Final = 20
MEDIAN_RPS: Final = 20.0
LEARNING_S: Final = 180.0
FLOOD_S: Final = 60.0
VICTIM_RPS_MIN: Final = 20.0
"""Whoever is flooded has usually had so much."""
RELEASE_S: Final = 420.0
"""So long after all is well, nothing of Holdfast's own may be left."""

DOMINANT_SHARE: Final = 0.4
"""A service with more of the traffic than this can't be told from everybody."""

OTHERS_SUCCESS_MIN: Final = 0.9999
CONTAINED_S_MAX: Final = 3.0
VICTIMS_SUCCESS_MIN: Final = 0.95
STARTS_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a story: numbers, and what should not have been."""

    story: str
    seed: int
    measures: dict[str, float]
    wrong: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether all is as it must be."""
        return not self.wrong


@dataclass(frozen=True, slots=True)
class Story:
    """A name, what happens, and the code that lets it happen."""

    name: str
    what: str
    play: Callable[["Stage"], None]


@dataclass(eq=False)
class Stage:
    """A world for one story, the chance that sets it, and who watches."""

    seed: int
    mishaps: Mishaps = field(default_factory=Mishaps)
    measures: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = World(
            SERVICES,
            self.seed,
            median_rps=MEDIAN_RPS,
            crowds_per_day=0.0,
            sampled=frozenset(range(SERVICES)),
            mishaps=self.mishaps,
        )
        self.random = np.random.default_rng(self.seed + 1_000_003)
        self.witness = Witness()

    def learn(self) -> None:
        """Let control learn what is usual. Nothing may be done about it."""
        self.world.run(LEARNING_S)
        self.expect(not self.world.control.state.mitigations, "something was mitigated in quiet times")

    def choose_victim(self) -> int:
        """A service with traffic enough to be known, but not most of all there is."""
        mean = self.world.population.mean_rps
        known = np.flatnonzero((mean >= VICTIM_RPS_MIN) & (mean <= 0.2 * mean.sum()))
        return int(self.random.choice(known if len(known) else np.argsort(mean)[-3:-1]))

    def flood(self, victim: int, **words: Any) -> Flood:
        """Begin a flood of ten times the usual, and beyond what the service may have."""
        population = self.world.population
        rps = max(10 * population.mean_rps[victim], 2 * population.limit_rps[victim])
        flood = Flood(victim, self.world.now, **({"length_s": FLOOD_S, "rps": float(rps)} | words))
        self.world.traffic.floods.append(flood)
        return flood

    def expect(self, holds: object, otherwise: str) -> None:
        """Note what should not be."""
        if not holds:
            self.wrong.append(otherwise)

    def expect_others_well(self, contained_s_max: float = CONTAINED_S_MAX) -> None:
        """Others were served, soon waited no more, and nothing was done to them."""
        witness = self.witness
        self.measures |= {"others_success": witness.others_success, "contained_s": witness.contained_s}
        self.expect(witness.others_success >= OTHERS_SUCCESS_MIN, f"others: {witness.others_success:.5f} served")
        self.expect(witness.contained_s <= contained_s_max, f"contained after {witness.contained_s:.2f} s")
        actions = witness.actions_on_others(self.world)
        self.expect(not actions, f"done to others: {', '.join(actions)}")
        self.expect(not witness.kills, "somebody was killed without consent")

    def expect_end(self) -> None:
        """Once all is well, everything that Holdfast began ends."""
        self.world.run(RELEASE_S)
        left = [f"{m.measure.kind} of {m.measure.service}" for m in self.world.control.state.mitigations.values()]
        self.expect(not left, f"still in force: {', '.join(left)}")
        self.expect(not self.world.control.refusals, f"refused: {self.world.control.refusals[:1]}")

    def expect_no_flapping(self, victim: int) -> None:
        """A service isn't held again and again."""
        starts = self.witness.starts_of(self.world.population.names[victim])
        self.measures["starts"] = starts
        self.expect(starts <= STARTS_MAX, f"held {starts} times")


def _play_flood(stage: Stage, *, has_source: bool = True, restarts: bool = False, **words: Any) -> None:
    stage.learn()
    victim = stage.choose_victim()
    stage.witness.begin(stage.world, frozenset({victim}))
    stage.flood(victim, **words)
    stage.world.run(10.0)
    if restarts:
        stage.world.control.restart()
    stage.world.run(FLOOD_S - 10.0)
    name = stage.world.population.names[victim]
    found_s = stage.witness.found_at.get(name, np.inf) - stage.witness.since
    stage.measures |= {"found_s": found_s, "victims_success": stage.witness.victims_success}
    stage.expect(found_s <= FLOOD_S, "it was not found")
    if has_source:
        success = stage.witness.victims_success
        stage.expect(success >= VICTIMS_SUCCESS_MIN - 10.0 / FLOOD_S, f"good clients: {success:.3f} served")
    stage.expect_others_well(contained_s_max=np.inf if words.get("rise_s") else CONTAINED_S_MAX)
    stage.world.run(LINGER_S)
    stage.expect_end()
    stage.expect_no_flapping(victim)


def _play_many(stage: Stage) -> None:
    _play_flood(stage, clients=2_000)


def _play_few(stage: Stage) -> None:
    _play_flood(stage, clients=4, shape="network")


def _play_look_alike(stage: Stage) -> None:
    _play_flood(stage, has_source=False, clients=2_000, shape="look-alike")


def _play_ramp(stage: Stage) -> None:
    _play_flood(stage, has_source=False, clients=2_000, rise_s=20.0)


def _play_restart(stage: Stage) -> None:
    _play_flood(stage, has_source=False, restarts=True, clients=2_000)


def _play_pulses(stage: Stage) -> None:
    """A flood that comes and goes must not make Holdfast come and go."""
    stage.learn()
    victim = stage.choose_victim()
    stage.witness.begin(stage.world, frozenset({victim}))
    for _ in range(8):
        stage.flood(victim, length_s=12.0, clients=2_000, shape="look-alike")
        stage.world.run(30.0)
    stage.expect_others_well(contained_s_max=np.inf)
    stage.expect_no_flapping(victim)
    stage.expect_end()


def _play_crowds(stage: Stage) -> None:
    """Flash crowds within capacity, several at once: nobody may notice Holdfast."""
    stage.learn()
    stage.witness.begin(stage.world, frozenset())
    traffic, population = stage.world.traffic, stage.world.population
    for _ in range(6):
        service = int(stage.random.integers(0, SERVICES))
        usual = traffic.find_usual(stage.world.now)[service]
        ratio = float(min(stage.random.uniform(2.0, 5.0), 0.6 * population.own_capacity_rps[service] / usual))
        traffic.begin_crowd(service, stage.world.now, ratio, float(stage.random.uniform(1.0, 20.0)), 60.0)
        stage.world.run(30.0)
    stage.world.run(120.0)
    _expect_untouched(stage)


def _play_noise(stage: Stage) -> None:
    """Reports are late and lost, edges are restarted again and again: nothing is found in that."""
    stage.learn()
    stage.witness.begin(stage.world, frozenset())
    stage.world.run(300.0)
    _expect_untouched(stage)


def _play_surge_of_all(stage: Stage) -> None:
    """Everything rises to more than the location carries, and stays: the least critical go first, nobody is accused.

    But for one at most: by chance, a small service may rise twice as much as all others do.
    """
    stage.learn()
    stage.witness.begin(stage.world, frozenset())
    stage.world.traffic.tide = 7.0
    stage.world.run(60.0)
    served = {rank: sums[1] / max(sums[0], 1.0) for rank, sums in stage.witness.by_class.items()}
    stage.measures |= {f"served_{rank}": share for rank, share in served.items()} | {"sheds": stage.witness.sheds}
    mean = stage.world.population.mean_rps
    small = {stage.world.population.names[row] for row in np.flatnonzero(mean < DOMINANT_SHARE * mean.sum())}
    accused = [action for action in stage.witness.actions_on_others(stage.world) if action.split()[-1] in small]
    stage.expect(len(accused) <= 1, f"accused: {', '.join(accused)}")
    stage.expect(served[1] >= served[3] - 0.02, "critical ones fared worse than sheddable ones")
    stage.world.traffic.tide = 1.0
    stage.expect_end()


def _expect_untouched(stage: Stage) -> None:
    witness = stage.witness
    stage.measures |= {"others_success": witness.others_success, "others_refused": witness.others_refused}
    stage.expect(not witness.actions_on_others(stage.world), f"done: {witness.actions_on_others(stage.world)}")
    stage.expect(witness.others_refused == 0, f"{witness.others_refused:.0f} requests refused")
    stage.expect(not stage.world.control.letters, "a tenant was written to")


STORIES: Final = (
    Story("many", "thousands of clients with a user agent of their own", _play_many),
    Story("few", "a few clients of one network", _play_few),
    Story("look-alike", "thousands of clients that can't be told from good ones", _play_look_alike),
    Story("ramp", "a flood that rises over twenty seconds", _play_ramp),
    Story("restart", "control dies and returns in the middle", _play_restart),
    Story("pulses", "a flood that comes and goes", _play_pulses),
    Story("crowds", "flash crowds within capacity", _play_crowds),
    Story("noise", "late and lost reports, restarted edges", _play_noise),
    Story("surge-of-all", "everything rises at once", _play_surge_of_all),
)
ROUGH: Final = Mishaps(late=0.1, late_s_max=2.0, lost=0.02, restart_per_day=200.0)
"""Mishaps of the noisy story, far beyond what is usual."""


def tell(story: Story, seed: int) -> Told:
    """Play a story of a seed; the same seed, the same story."""
    stage = Stage(seed, ROUGH) if story.name == "noise" else Stage(seed)
    story.play(stage)
    return Told(story.name, seed, stage.measures, tuple(stage.wrong))


def tell_all(names: frozenset[str], seeds: range) -> Iterator[Told]:
    """All chosen stories of all seeds."""
    for story in STORIES:
        if not names or story.name in names:
            yield from (tell(story, seed) for seed in seeds)
