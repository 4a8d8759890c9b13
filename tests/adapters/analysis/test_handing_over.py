"""Samples and questions on their way: bounded, and never waited for."""

import pytest

from adapters.analysis.samples import make_sample
from holdfast.adapters.analysis.protocol import MESSAGE, MESSAGE_BYTES_MAX, SAMPLES_MAX, Answer, Samples, write_line
from holdfast.adapters.analysis.questions import OPEN_MAX, Questions
from holdfast.adapters.analysis.sample_queue import PER_S_MAX, WAITING_MAX, SampleQueue
from holdfast.analyser.limits import DOCUMENT_CHARACTERS_MAX
from holdfast.model.query import ServiceQueries

pytestmark = pytest.mark.anyio


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_samples_come_in_batches() -> None:
    queue = SampleQueue(Clock())
    queue.offer([make_sample(f"{{a{number}}}") for number in range(SAMPLES_MAX + 1)] + [make_sample(None)])
    first, second = queue.take(), queue.take()
    assert first is not None
    assert second is not None
    assert (len(first.samples), len(second.samples), queue.take()) == (SAMPLES_MAX, 1, None)
    assert second.samples == (("shop", f"{{a{SAMPLES_MAX}}}", 1.0),)
    assert (queue.handed, queue.dropped) == (SAMPLES_MAX + 1, 0)


def test_samples_beyond_the_rate_are_dropped_and_counted() -> None:
    clock = Clock()
    queue = SampleQueue(clock)
    queue.offer([make_sample()] * (PER_S_MAX + 7))
    assert queue.dropped == 7
    clock.now = 0.5
    queue.offer([make_sample()] * PER_S_MAX)
    assert queue.dropped == 7 + PER_S_MAX // 2


def test_samples_that_nobody_takes_are_dropped_and_counted() -> None:
    clock = Clock()
    queue = SampleQueue(clock)
    for _ in range(5):
        clock.now += 1
        queue.offer([make_sample()] * PER_S_MAX)
    assert queue.dropped == 5 * PER_S_MAX - WAITING_MAX
    queue.clear()
    assert (queue.take(), queue.dropped) == (None, 5 * PER_S_MAX)


@pytest.mark.parametrize("document", ["\0" * 20_000, "\U0001f600" * 20_000, "\udcff{a", '"\\' * 5_000, ""])
def test_any_document_can_be_written_and_read(document: str) -> None:
    queue = SampleQueue(Clock())
    queue.offer([make_sample(document)] * SAMPLES_MAX)
    samples = queue.take()
    assert samples is not None
    line = write_line(samples)
    assert line.count(b"\n") == 1
    assert len(line) < MESSAGE_BYTES_MAX
    read = MESSAGE.validate_json(line)
    assert isinstance(read, Samples)
    assert all(len(text) <= DOCUMENT_CHARACTERS_MAX for _, text, _ in read.samples)


async def test_questions_are_answered_in_their_order_and_once() -> None:
    questions = Questions(Clock())
    questions.put_ping()
    questions.put_ping()
    asked = questions.put("shop")
    assert asked is questions.put("shop")
    assert asked is not None
    sent = [questions.take(), questions.take(), questions.take()]
    assert [(ask.ask, ask.service) for ask in sent if ask] == [(1, None), (2, "shop")]
    shop = ServiceQueries(service="shop")
    assert not questions.answer(Answer(answer=2, queries=shop))
    assert questions.answer(Answer(answer=1))
    assert not questions.answer(Answer(answer=1))
    assert not questions.answer(Answer(answer=2))
    assert not questions.answer(Answer(answer=2, queries=ServiceQueries(service="mail")))
    assert not asked.done()
    assert questions.answer(Answer(answer=2, queries=shop))
    assert await asked == shop
    assert not questions.answer(Answer(answer=3))


async def test_lag_is_that_of_the_oldest_question() -> None:
    clock = Clock()
    questions = Questions(clock)
    questions.put_ping()
    clock.now = 1.0
    questions.put("shop")
    clock.now = 3.0
    assert questions.lag_s == 3.0
    questions.forgive()
    assert questions.lag_s == 0.0
    clock.now = 3.5
    questions.take()
    assert questions.answer(Answer(answer=1))
    assert questions.lag_s == 0.5


async def test_questions_have_a_maximum_and_end_with_who_is_asked() -> None:
    questions = Questions(Clock())
    asked = [questions.put(f"s{number}") for number in range(OPEN_MAX + 1)]
    assert asked[-1] is None
    questions.clear()
    assert [await each for each in asked if each] == [None] * OPEN_MAX
