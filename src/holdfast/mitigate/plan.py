"""The whole policy, once around: what did harm is ended, what is needed is begun, what isn't any more is let go."""

from dataclasses import dataclass, field

from holdfast.mitigate.case import open_cases
from holdfast.mitigate.climb import climb, is_due
from holdfast.mitigate.guard import find_harm_timers, revert_harmful
from holdfast.mitigate.notice import find_letters, tell_tenants
from holdfast.mitigate.pace import Timers, run_timers
from holdfast.mitigate.release import find_timers, release
from holdfast.mitigate.shed import find_shed, steer
from holdfast.mitigate.situation import Situation
from holdfast.mitigate.steps import Adjust, End, Step
from holdfast.model.platform import Mode
from holdfast.model.shedding import share_capacity


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done now, in order, and the timers for the next look.

    Timers are all that is remembered from one look to the next. Losing them, as at a restart, makes releases and
    reverts a little later, and nothing else.
    """

    steps: tuple[Step, ...] = ()
    timers: Timers = field(default_factory=dict)


def plan_steps(situation: Situation, timers: Timers) -> Plan:
    """What follows from a situation: the same for the same arguments.

    At most one step is taken for a mitigation at a time; a step down yields to a step up, and after a revert nothing is
    begun for the service until the next look, which knows what is barred.
    """
    held = find_harm_timers(situation) | find_letters(situation, timers, ())
    for case in open_cases(situation):
        held |= find_timers(case) | {("thought about", case.service): ("thought about", case.service) in timers}
    timers = run_timers(timers, held, situation.now)
    reverts = revert_harmful(situation, timers)
    reverted = {situation.mitigations[step.id].measure.service for step in reverts}
    steps: list[Step] = list(reverts)
    remaining = situation.without(frozenset(step.id for step in reverts))
    thought = dict[tuple[str, str], float]()
    for case in open_cases(remaining):
        key = "thought about", case.service
        if case.service in reverted:
            continue
        thought[key] = situation.now if is_due(case, timers) else timers[key]
        up = climb(case, timers)
        touched = {step.id for step in up if isinstance(step, Adjust | End)}
        down = release(case, timers)
        steps.extend(up)
        steps.extend(step for step in down if not (isinstance(step, Adjust | End) and step.id in touched))
    letters = tell_tenants(situation, timers)
    written = find_letters(situation, timers, letters)
    timers = {**timers, **thought, **run_timers(timers, written, situation.now)}
    return Plan((*steps, *_steer_locations(situation), *letters), timers)


def _steer_locations(situation: Situation) -> tuple[Step, ...]:
    """Shedding, where edges enforce anything at all."""
    platform = situation.intent.platform
    if platform.mode is Mode.OBSERVE:
        return ()
    steps = []
    for name, pressure in sorted(situation.locations.items()):
        if name in platform.locations:
            capacity = platform.locations[name].capacity
            shares = share_capacity(capacity, situation.intent.guaranteed)
            in_force = find_shed(situation.mitigations, name)
            steps.append(steer(name, pressure, capacity, shares, situation.now, in_force))
    return tuple(step for step in steps if step is not None)
