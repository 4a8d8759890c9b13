"""The analyser's side of the conversation with control."""

from collections.abc import Callable
from typing import BinaryIO

from holdfast.adapters.analysis.protocol import MESSAGE, MESSAGE_BYTES_MAX, Answer, Ask, Samples, write_line
from holdfast.analyser.analysis import Analysis


def converse(source: BinaryIO, sink: BinaryIO, before_answer: Callable[[int], object] = lambda _: None) -> None:
    """Take samples and answer questions until there are no more; ValueError if they aren't as they must be.

    `before_answer` is told the number of a question before it is answered.
    """
    analysis = Analysis()
    while line := source.readline(MESSAGE_BYTES_MAX):
        message = MESSAGE.validate_json(line)
        match message:
            case Samples():
                for service, document, weight in message.samples:
                    analysis.count(service, document, weight)
            case Ask():
                before_answer(message.ask)
                sink.write(write_line(_answer(analysis, message)))
                sink.flush()


def _answer(analysis: Analysis, ask: Ask) -> Answer:
    if ask.service is not None:
        return Answer(answer=ask.ask, queries=analysis.show(ask.service))
    return Answer(answer=ask.ask, flagged=analysis.take_flagged())
