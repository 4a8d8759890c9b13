"""What the seed draws."""

from hypothesis import given
from hypothesis import strategies as st

from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.first_words.cast import draw_cast
from holdfast.drills.first_words.scenario import FirstWords

SCENARIO = load_scenario_of(FirstWords, "first-words")


@given(st.integers(0, 2**32))
def test_nobody_is_attacked_twice_and_what_is_maintained_never_is(seed: int) -> None:
    cast = draw_cast(SCENARIO, SCENARIO.full, seed)
    victims = [attack.tenant.name for attack in cast.attacks]
    assert len(set(victims)) == len(victims) == SCENARIO.full.attacks
    assert cast.kept_up.name not in victims
    assert cast == draw_cast(SCENARIO, SCENARIO.full, seed)
