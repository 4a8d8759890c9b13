"""The way from held to back: let in a little, then more for as long as it is well, and less when it isn't."""

from typing import Final

from holdfast.model.restoration import Health, Place, Returning, Sight
from holdfast.recover.restoration.steps import EndHold, LetIn, Step

START_SHARE: Final = 0.1
START_RPS_MIN: Final = 5.0
"""What a service is let in for at first: so much of its usual peak, or this if that is more or isn't known."""
STEP_S: Final = 2.0
"""How long each step is looked at before the next."""
UP_FACTOR: Final = 1.5
DOWN_FACTOR: Final = 0.5
FULL_SHARE: Final = 1.2
"""So much of its usual peak, a service must have been let in for before its hold is ended. What comes beyond are mostly
clients that try again: they are served from what is left of this, and a service isn't pushed over for them.
"""
BEYOND_FACTOR: Final = 1.1
"""Beyond it, there may be real demand all the same: steps up are small."""
BOUND_SHARE: Final = 0.02
"""Its hold binds while more than this share of what it is offered is refused."""
CALM_S: Final = 4.0
"""How long it must be well before its hold is ended, and before anybody who depends on it is let in."""


def start_rate(place: Place) -> float:
    """What a service is let in for at first, in requests per second."""
    return max(place.usual_rps * START_SHARE, START_RPS_MIN)


def is_usual(returning: Returning, place: Place) -> bool:
    """Whether a service is let in for as much as it is usually asked for."""
    return returning.let_in_rps is not None and returning.let_in_rps >= place.usual_rps


def binds(sight: Sight, share: float) -> bool:
    """Whether more than a share of what a service is offered is refused."""
    return sight.refused_rps > sight.offered_rps * share


def ramp(
    returning: Returning, place: Place, sight: Sight, ill: str | None, well_s: float, now: float
) -> tuple[Step, ...]:
    """The next step of a service that is let in, if it is time for one.

    `ill` says why it isn't well, `well_s` for how long it has been (seconds).
    """
    rate = returning.let_in_rps
    if rate is None or returning.pinned or now - returning.changed_at < STEP_S:
        return ()
    if ill is not None:
        less = _find_less(rate, place)
        return (LetIn(returning, less, f"let in for less: {ill}"),) if less < rate else ()
    return _go_up(returning, place, sight, well_s, rate)


def _go_up(returning: Returning, place: Place, sight: Sight, well_s: float, rate: float) -> tuple[Step, ...]:
    if rate >= place.usual_rps * FULL_SHARE and not binds(sight, BOUND_SHARE):
        if well_s < CALM_S:
            return ()
        return (EndHold(returning, f"back: well for {well_s:.0f} s, and nothing is refused any more"),)
    if well_s < STEP_S:
        return ()
    return (LetIn(returning, _find_more(rate, place), f"let in for more: well for {well_s:.0f} s"),)


def _find_more(rate: float, place: Place) -> float:
    full = place.usual_rps * FULL_SHARE
    if place.usual_rps and rate >= full:
        return rate * BEYOND_FACTOR
    return min(rate * UP_FACTOR, full) if place.usual_rps else rate * UP_FACTOR


def _find_less(rate: float, place: Place) -> float:
    """From beyond the usual back to it; from there on, by half."""
    full = place.usual_rps * FULL_SHARE
    return full if rate > full > 0 else max(rate * DOWN_FACTOR, start_rate(place))


def assess_ill(health: tuple[Health, str]) -> str | None:
    """Why a service isn't well; None if nothing speaks against it."""
    state, why = health
    return why if state is Health.BAD else None
