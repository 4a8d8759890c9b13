"""Dangers of one kind are told a few times, and then all together."""

from holdfast.model.danger import Danger
from holdfast.rollout.danger import ALIKE_MAX, gather_dangers


def make_dangers(code: str, count: int) -> list[Danger]:
    return [Danger(code, f"s{number} would fall", (f"s{number}",), ("GET /",)) for number in range(count)]


def test_a_few_are_told_each() -> None:
    dangers = make_dangers("requests-lost", ALIKE_MAX)
    assert gather_dangers(dangers) == tuple(dangers)


def test_many_are_told_together_and_nobody_is_left_out() -> None:
    dangers = [*make_dangers("requests-lost", 1_000), *make_dangers("demoted", 2)]
    gathered = gather_dangers(dangers)
    assert len(gathered) == ALIKE_MAX + 2
    assert {name for each in gathered for name in each.services} == {name for each in dangers for name in each.services}
    assert {each.code for each in gathered} == {"requests-lost", "demoted"}
    assert "981 more" in gathered[ALIKE_MAX - 1].message
