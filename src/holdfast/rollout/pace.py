"""When a rollout goes on, waits, or goes back: from what is seen of the wave that has the revision."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from holdfast.model.rollout import Rollout
from holdfast.rollout.judging import Blame, Harm

PROGRAM_S_MAX: Final = 30.0
"""An edge that is connected and hasn't taken what it was given by then won't."""
SILENCE_S: Final = 8.0
"""An edge that reported before the wave and hasn't for so long isn't known to be well."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a wave now.

    `since_s` is for how long it has been begun, `ready_s` for how long all its connected edges have had it; None
    while they haven't. `silent_s` tells for each edge that reported before the wave how long ago it last did.
    """

    since_s: float
    ready_s: float | None = None
    harm: Harm | None = None
    refusals: tuple[str, ...] = ()
    """What edges refused of it, in Envoy's words."""
    restarted: tuple[str, ...] = ()
    """Edges whose Envoy began anew since the wave did."""
    silent_s: Mapping[str, float] = field(default_factory=dict)
    is_reported: bool = True
    """Whether any edge reports what it counts."""
    failing: tuple[str, ...] = ()
    """Probes that were answered as they should before, and aren't now."""
    is_probed: bool = True
    """Whether the wave's probes were asked often enough to count."""
    frozen: str = ""
    """Why nothing new may go out, if so."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is to be done yet; `for_what` in words. `left_s` is how long it takes at least, if that is known."""

    for_what: str
    left_s: float | None = None


@dataclass(frozen=True, slots=True)
class GoOn:
    """The wave is well."""

    why: str


@dataclass(frozen=True, slots=True)
class GoBack:
    """The revision does harm, or can't be told not to."""

    why: str
    evidence: tuple[str, ...] = ()


Pace = Wait | GoOn | GoBack


def pace_rollout(rollout: Rollout, seen: Seen, bake_s: float) -> Pace:
    """What is to be done about a rollout now. What harms is looked for even while it stands still."""
    return next(_list_faults(seen), None) or next(_list_waits(rollout, seen, bake_s), None) or GoOn("all is well")


def _list_faults(seen: Seen) -> Iterator[GoBack]:
    if seen.refusals:
        yield GoBack("an edge refuses it", seen.refusals)
    if seen.restarted:
        yield GoBack(f"Envoy of {', '.join(seen.restarted)} began anew just after it was given the revision")
    if seen.harm is not None and seen.harm.blamed is Blame.REVISION:
        yield GoBack(seen.harm.describe(), _list_evidence(seen.harm))
    if seen.failing:
        yield GoBack("probes aren't answered any more as they should be", seen.failing)
    if seen.ready_s is None and seen.since_s > PROGRAM_S_MAX:
        yield GoBack(f"edges haven't taken what they were given after {PROGRAM_S_MAX:.0f} s")
    silent = sorted(edge for edge, for_s in seen.silent_s.items() if for_s > SILENCE_S)
    if silent:
        yield GoBack(f"{', '.join(silent)} reported before the wave, and nothing for {SILENCE_S:.0f} s since")


def _list_waits(rollout: Rollout, seen: Seen, bake_s: float) -> Iterator[Wait]:
    if rollout.paused:
        yield Wait(f"somebody to resume it: {rollout.paused}")
    if seen.frozen:
        yield Wait(f"the freeze to end: {seen.frozen}")
    if seen.ready_s is None:
        yield Wait("edges to take what they were given")
    if not seen.is_reported:
        yield Wait("edges to report what they count: nothing is known of how the wave fares")
    if seen.harm is not None and seen.harm.blamed is Blame.ALL:
        yield Wait(f"what harms everybody alike to end: {seen.harm.describe()}")
    if seen.ready_s is not None and seen.ready_s < bake_s:
        yield Wait("the wave to bake", bake_s - seen.ready_s)
    if not seen.is_probed:
        yield Wait("probes to be answered twice")
    if seen.harm is not None:
        yield Wait(f"this to end, or somebody to promote the revision or take it back: {seen.harm.describe()}")


def _list_evidence(harm: Harm) -> tuple[str, ...]:
    counted = f"{harm.wrong:.0f} of {harm.requests:.0f} requests; {harm.expected:.0f} were to be expected"
    compared = f"{harm.ratio:.1f} times what was before; {harm.others_ratio:.1f} times for those without the revision"
    return counted, compared, *(f"service {name}" for name in harm.services)
