"""Whether a component may go on: decided from what was measured of it, and from nothing else. Times are monotonic."""

from dataclasses import dataclass, field, replace
from typing import Final

from holdfast.model.component import Phase

_RUNNING: Final = frozenset({Phase.STARTING, Phase.SHADOW, Phase.ON, Phase.WARNED})
MIB: Final = 1024**2


@dataclass(frozen=True, slots=True)
class Budget:
    """What a component may take, and for how long it may take more.

    Beyond `cpu_share_max` of a core over `cpu_window_s`, `memory_bytes_warned` or `lag_s_max` it is warned; if it is
    still beyond after `patience_looks` looks, it is switched off. Beyond `memory_bytes_max` or `garbage_max` it is
    switched off at once.
    """

    cpu_share_max: float = 0.25
    cpu_window_s: float = 10.0
    memory_bytes_warned: int = 128 * MIB
    memory_bytes_max: int = 256 * MIB
    lag_s_max: float = 2.0
    garbage_max: int = 2
    """Lines that aren't answers to what was asked."""
    patience_looks: int = 6
    start_s_max: float = 20.0
    """Until its first answer."""
    shadow_s: float = 60.0
    """How long it must keep within its budget before what it says counts; a proven version needn't."""
    restart_backoff_s: tuple[float, ...] = (0.5, 2.0)
    """Before it is started again when it ends by itself; one end more within `ends_window_s` and it is off."""
    ends_window_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Look:
    """What was measured of a running component at one moment: CPU time so far, memory, and how it answers."""

    at: float
    cpu_s: float
    memory_bytes: int
    lag_s: float
    answers: int
    garbage: int


@dataclass(frozen=True, slots=True)
class Health:
    """How a component does. `cpu` holds the looks' times and CPU times of the last window, `ends` the times of ends."""

    phase: Phase
    since: float
    why: str = ""
    proven: bool = False
    cpu: tuple[tuple[float, float], ...] = ()
    bad_looks: int = 0
    ends: tuple[float, ...] = ()
    restart_at: float = field(default=float("inf"))

    @property
    def is_running(self) -> bool:
        """Whether there is a process that should run."""
        return self.phase in _RUNNING

    @property
    def counts(self) -> bool:
        """Whether what it says is to be believed."""
        return self.phase is Phase.ON


def begin(at: float, why: str, *, proven: bool, ends: tuple[float, ...] = ()) -> Health:
    """A component that was started just now."""
    return Health(Phase.STARTING, at, why, proven, ends=ends)


def switch_off(at: float, why: str) -> Health:
    """A component that is off until somebody switches it on."""
    return Health(Phase.OFF, at, why)


def measure_cpu_share(health: Health, budget: Budget) -> float:
    """The share of a core that it used, as if it had run for a whole window: a start isn't a spin."""
    if not health.cpu:
        return 0.0
    (began, first_s), (ended, last_s) = health.cpu[0], health.cpu[-1]
    return (last_s - first_s) / max(budget.cpu_window_s, ended - began)


def judge(health: Health, look: Look, budget: Budget) -> Health:
    """A running component's health after a look."""
    window = (*(each for each in health.cpu if each[0] >= look.at - budget.cpu_window_s), (look.at, look.cpu_s))
    health = replace(health, cpu=window)
    if harm := _find_harm(look, budget):
        return switch_off(look.at, harm)
    if health.phase is Phase.STARTING:
        return _judge_start(health, look, budget)
    if excess := _find_excess(health, look, budget):
        return _warn(health, look.at, excess, budget)
    return _calm(health, look.at, budget)


def note_end(health: Health, at: float, how: str, budget: Budget) -> Health:
    """A component whose process ended by itself: it is started again a few times, unless it was warned."""
    if health.phase is Phase.WARNED:
        return switch_off(at, f"{health.why}, and then {how}")
    ends = (*(end for end in health.ends if end > at - budget.ends_window_s), at)
    if len(ends) > len(budget.restart_backoff_s):
        return switch_off(at, f"ended by itself {len(ends)} times; lastly {how}")
    restart_at = at + budget.restart_backoff_s[len(ends) - 1]
    return Health(Phase.RESTARTING, at, how, health.proven, ends=ends, restart_at=restart_at)


def _find_harm(look: Look, budget: Budget) -> str:
    if look.memory_bytes > budget.memory_bytes_max:
        return f"took {look.memory_bytes // MIB} MiB of memory, of at most {budget.memory_bytes_max // MIB}"
    if look.garbage > budget.garbage_max:
        return "said what wasn't asked, or isn't an answer"
    return ""


def _find_excess(health: Health, look: Look, budget: Budget) -> str:
    share = measure_cpu_share(health, budget)
    if share > budget.cpu_share_max:
        return f"took {share:.0%} of a core over {budget.cpu_window_s:g} s, of at most {budget.cpu_share_max:.0%}"
    if look.memory_bytes > budget.memory_bytes_warned:
        return f"took {look.memory_bytes // MIB} MiB of memory, of at most {budget.memory_bytes_warned // MIB}"
    if look.lag_s > budget.lag_s_max:
        return f"hasn't answered within {budget.lag_s_max:g} s"
    return ""


def _judge_start(health: Health, look: Look, budget: Budget) -> Health:
    if look.answers:
        return replace(health, phase=Phase.ON if health.proven else Phase.SHADOW, since=look.at)
    if look.at - health.since > budget.start_s_max:
        return switch_off(look.at, f"hasn't answered within {budget.start_s_max:g} s of its start")
    return health


def _warn(health: Health, at: float, excess: str, budget: Budget) -> Health:
    bad_looks = health.bad_looks + 1
    if bad_looks > budget.patience_looks:
        return switch_off(at, excess)
    since = health.since if health.phase is Phase.WARNED else at
    return replace(health, phase=Phase.WARNED, since=since, why=excess, bad_looks=bad_looks, proven=False)


def _calm(health: Health, at: float, budget: Budget) -> Health:
    if health.phase is Phase.WARNED:
        return replace(health, phase=Phase.SHADOW, since=at, why="back within its budget", bad_looks=0)
    if health.phase is Phase.SHADOW and at - health.since >= budget.shadow_s:
        return replace(health, phase=Phase.ON, since=at, proven=True)
    return health
