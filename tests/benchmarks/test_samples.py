import asyncio
import os
import time
from collections.abc import Callable, Coroutine

import pytest
from bench.samples import Samples, divide, interleave, read_cpu_s
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.floats(0.1, 1e6), min_size=1))
def test_the_median_lies_between_least_and_most(values: list[float]) -> None:
    samples = Samples(tuple(values))
    assert samples.least <= samples.median <= samples.most
    assert {samples.least, samples.most} <= set(values)


def test_ratios_are_of_the_same_round() -> None:
    assert divide(Samples((2.0, 30.0)), Samples((1.0, 10.0))) == Samples((2.0, 3.0))


def test_rounds_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        divide(Samples((2.0,)), Samples((1.0, 10.0)))


def test_measures_take_turns_and_the_first_round_does_not_count() -> None:
    asked: list[str] = []

    def make_measure(name: str) -> Callable[[], Coroutine[None, None, float]]:
        async def measure() -> float:
            asked.append(name)
            return float(len(asked))

        return measure

    found = asyncio.run(interleave(2, {name: make_measure(name) for name in "ab"}))
    assert "".join(asked) == "ba" + "ab" + "ba"
    assert found == {"a": Samples((3.0, 6.0)), "b": Samples((4.0, 5.0))}


def test_processor_time_is_that_of_the_process() -> None:
    before = time.process_time()
    read = read_cpu_s(os.getpid())
    assert before <= read <= time.process_time()
