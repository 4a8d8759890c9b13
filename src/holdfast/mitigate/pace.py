"""How fast the policy goes: how long each step is given to work, and each way back to be sure of."""

from collections.abc import Mapping, Sequence
from typing import Final

from holdfast.model.mitigation import REVERTED, Limit, Mitigation
from holdfast.model.state import EndedMitigation
from holdfast.model.token import SYSTEM

AUTHOR: Final = SYSTEM
"""Who begins what nobody asked for."""
EXPIRY_S: Final = 60.0
"""How long a step holds unless it is prolonged: also if nobody is there to end it."""
PROLONG_LEFT_S: Final = 30.0
"""With less than this left, it is prolonged while it is needed."""
HOLD_WAIT_S: Final = 0.5
"""What the hold is given to work: two reports. It refuses good clients too, so not longer."""
LOOK_S: Final = 0.5
"""The next step is thought about so often: it takes going through thousands of samples."""
CLIENTS_WAIT_S: Final = 2.0
"""What per-client limits are given to work."""
LEND_S: Final = 3.0
"""Room is lent to a service so long after its clients were limited, if no source was refused before."""
TRIAL_S: Final = 1.0
"""How long a source rule is on trial on one edge."""
RULE_WAIT_S: Final = 3.0
"""What a source rule is given to work before another is laid beside it."""
LEAK_S: Final = 2.5
"""How long too much must get past a source rule before the hold is laid beside it: longer than rates are means of."""
KILL_WAIT_S: Final = 10.0
"""How long others must have suffered under the last step before a kill."""
RELAX_S: Final = 0.75
"""How long the excess must be kept out by a source rule before the hold is let go."""
CALM_S: Final = 5.0
"""How long traffic must be back to normal before a release begins, the first time."""
LOOSEN_S: Final = 2.0
LOOSEN_OF_AGE: Final = 0.1
"""How long a surge must be over before its hold is loosened, the first time, or so much of the hold's age if that is
longer: it stays armed until the release, and a flood that returns is held again at once."""
CALM_OF_AGE_S_MAX: Final = 20.0
"""A limit's age alone asks for no more calm than this: it refuses good clients as long as it is there."""
QUIET_S: Final = 6.0
"""How long a source rule must have had next to nothing to refuse before it is tried without it, the first time."""
QUIET_OF_AGE: Final = 0.25
"""Its age asks for less quiet than a limit's: it refuses the few good clients that match as long as it is there."""
PATIENCE_S_MAX: Final = 300.0
"""The longest that a release waits, however often it failed."""
RAMP_S: Final = 1.0
RAMP_FACTOR: Final = 1.5
"""A limit is let go by this factor at each step, one step in `RAMP_S`."""
PROBE_S: Final = 5.0
"""How long one edge does without a source rule before all do."""
HARM_S: Final = 0.75
"""How long a mitigation must be seen to do harm before it is ended for it."""
FLAPS_REMEMBERED_S: Final = 3_600.0
"""Releases are remembered for so long: each doubles the patience of the next."""
BARRED_S: Final = 600.0
"""A kind of step that was reverted, or ended by people, isn't taken again for a service for so long."""


def find_changed_at(mitigation: Mitigation) -> float:
    """When one of Holdfast's own mitigations was begun, changed or prolonged last: each time it is given `EXPIRY_S`."""
    return max(mitigation.started_at, mitigation.expires_at - EXPIRY_S)


def compute_patience(
    mitigation: Mitigation,
    ended: Sequence[EndedMitigation],
    now: float,
    least_s: float,
    of_age_s_max: float = PATIENCE_S_MAX,
    of_age: float = 0.5,
) -> float:
    """How long to be sure of before a mitigation is let go (seconds).

    At least `of_age` of the time that it has been in force (up to `of_age_s_max`), and twice as long for each like it
    that was let go lately: so a flood that comes and goes is met by a mitigation that stays. Bounded by
    `PATIENCE_S_MAX`.
    """
    flaps = sum(
        e.ended_at >= now - FLAPS_REMEMBERED_S
        and e.mitigation.finding is not None
        and (e.mitigation.measure.kind, e.mitigation.measure.service)
        == (mitigation.measure.kind, mitigation.measure.service)
        for e in ended
    )
    doubled = least_s * 2.0 ** min(flaps, 16)
    aged = min((now - mitigation.started_at) * of_age, of_age_s_max)
    return min(max(doubled, aged), PATIENCE_S_MAX)


def find_barred(ended: Sequence[EndedMitigation], service: str, now: float) -> frozenset[str]:
    """The rungs that did harm to a service lately, or that people ended: kinds of measure, and `per-client`."""
    return frozenset(
        name_rung(e.mitigation)
        for e in ended
        if (e.why.startswith(REVERTED) or e.author != AUTHOR)
        and e.ended_at >= now - BARRED_S
        and e.mitigation.finding is not None
        and e.mitigation.measure.service == service
    )


def name_rung(mitigation: Mitigation) -> str:
    """Which rung of the ladder a mitigation stands on."""
    measure = mitigation.measure
    return "per-client" if isinstance(measure, Limit) and measure.per_client is not None else measure.kind


Timers = Mapping[tuple[str, str], float]
"""Since when (Unix time, in seconds) something has held without a break, by what it is and whom it is about."""


def run_timers(timers: Timers, holds: Mapping[tuple[str, str], bool], now: float) -> Timers:
    """The timers after another look: what still holds keeps its time, what doesn't is forgotten."""
    return {key: timers.get(key, now) for key, still in holds.items() if still}


def held_for(timers: Timers, what: str, about: str, now: float) -> float:
    """For how long something has held (seconds); -1 if it doesn't."""
    since = timers.get((what, about))
    return -1.0 if since is None else now - since
