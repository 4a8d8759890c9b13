"""Made-up attacks and crowds, with everything that scoring looks at."""

from dataclasses import dataclass, field

from drills.history_samples import make_history
from drills.load_samples import Stretch, make_result
from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.stage.core_meter import CoreUse
from holdfast.drills.stage.history import PastMitigation, Sighting
from holdfast.drills.surge_attack.cast import Attack, Crowd, Episode, Tenant
from holdfast.drills.surge_attack.episodes import EpisodeRun, ModeRun
from holdfast.drills.surge_attack.scenario import AttackKind, SurgeAttack

SCENARIO = load_scenario_of(SurgeAttack, "surge-attack")
QUIET_S, ATTACK_S, EPISODE_S = 7.0, 12.0, 20.0
VICTIM, BYSTANDERS = "tenant-01", "tenant-02"
TENANT = Tenant(VICTIM, 50.0, 1.0, 260.0, small=False, audiences=())


@dataclass
class Play:
    """So many attacks (or crowds), one every 20 s: quiet for 7 s, then 12 s of attack."""

    count: int = 30
    kind: AttackKind = AttackKind.FEW_SOURCES
    crowd: bool = False
    extra_status: int = 429
    hurt: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """From when to when after each onset bystanders wait so many milliseconds."""
    bystander_status: int = 200
    """While they are hurt."""
    own_served_after_s: float = 0.0
    """From so long after an onset on the attacked tenant's own customers are served."""
    lateness_ms: float = 0.0
    strangers: float = 0.0
    seen: list[Sighting] = field(default_factory=list)
    done: list[PastMitigation] = field(default_factory=list)

    def list_onsets(self) -> list[float]:
        """When each attack begins."""
        return [number * EPISODE_S + QUIET_S for number in range(self.count)]

    def run(self) -> ModeRun:
        """All of it, as a mode's run."""
        usual = make_result(
            *(each for onset_s in self.list_onsets() for each in self._list_stretches(onset_s)),
            lateness_ms=self.lateness_ms,
        )
        runs = tuple(self._make_run(onset_s) for onset_s in self.list_onsets())
        return ModeRun(
            usual, runs, make_history(*self.seen, mitigations=tuple(self.done)), CoreUse(0.3, self.strangers), 0.1
        )

    def _list_stretches(self, onset_s: float) -> list[Stretch]:
        began_s, over_s = onset_s - QUIET_S, onset_s + ATTACK_S
        first, last, wait_ms = onset_s + self.hurt[0], onset_s + self.hurt[1], self.hurt[2]
        served_s = onset_s + self.own_served_after_s
        stretches = [
            Stretch(BYSTANDERS, began_s, first),
            Stretch(BYSTANDERS, first, last, latency_ms=wait_ms, status=self.bystander_status),
            Stretch(BYSTANDERS, last, over_s),
            Stretch(VICTIM, began_s, onset_s, 50),
            Stretch(VICTIM, onset_s, served_s, 50, status=429),
            Stretch(VICTIM, served_s, over_s, 50),
        ]
        return [each for each in stretches if each.end_s > each.start_s]

    def _make_run(self, onset_s: float) -> EpisodeRun:
        extra = make_result(Stretch("extra", 0, ATTACK_S, 450, status=self.extra_status)).records
        over_s = onset_s + ATTACK_S
        return EpisodeRun(self._make_episode(), onset_s - QUIET_S, onset_s, over_s, extra, planned=450 * ATTACK_S)

    def _make_episode(self) -> Episode:
        if self.crowd:
            return Crowd(TENANT, 500, QUIET_S, 1)
        return Attack(self.kind, TENANT, 10, None, QUIET_S, 1)
