"""Text into a syntax tree, for texts that somebody wrote to do harm."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode
from graphql.language import parse

from holdfast.analyser.limits import (
    COMMENTS_MAX,
    DOCUMENT_CHARACTERS_MAX,
    DOCUMENT_CPU_S_MAX,
    NESTING_MAX,
    TOKENS_MAX,
)
from holdfast.model.query import Unreadable

_OPAQUE_OR_BRACKET: Final = re.compile(
    r'"""(?:\\"""|[^"]|"(?!""))*(?:""")?|"(?:\\.|[^"\\\n\r])*"?|#[^\n\r]*|[{(\[]|[})\]]'
)
"""Strings and comments whole, even if they don't end, so that no character is looked at twice; and brackets."""
_ANALYSIS: Final = ("graphql.", "holdfast.analyser.")
_RING_AGAIN_S: Final = 0.005
_OPENING: Final = frozenset("{([")
_CLOSING: Final = frozenset("})]")


class UnreadableDocument(Exception):
    """The document can't be analysed, and why."""

    def __init__(self, why: Unreadable) -> None:
        super().__init__(why.value)
        self.why = why


class _OutOfTime(BaseException):
    """Not an Exception, so that nothing on the way takes it for a mistake in the document."""


def read_document(text: str) -> DocumentNode:
    """The syntax tree of a document with at least one operation; UnreadableDocument if there is none to be had.

    Work is linear in the text's length, which is bounded: brackets are counted before anything recurses.
    """
    if len(text) > DOCUMENT_CHARACTERS_MAX:
        raise UnreadableDocument(Unreadable.TOO_LONG)
    if _nesting(text) > NESTING_MAX:
        raise UnreadableDocument(Unreadable.TOO_NESTED)
    try:
        document = parse(text, no_location=True, max_lexical_tokens=TOKENS_MAX, max_comments=COMMENTS_MAX)
    except GraphQLError as error:
        too_many = "more than" in error.message
        raise UnreadableDocument(Unreadable.TOO_MANY_TOKENS if too_many else Unreadable.MALFORMED) from None
    if not any(isinstance(definition, OperationDefinitionNode) for definition in document.definitions):
        raise UnreadableDocument(Unreadable.NO_OPERATION)
    return document


@contextmanager
def limit_cpu(seconds: float = DOCUMENT_CPU_S_MAX, modules: tuple[str, ...] = _ANALYSIS) -> Iterator[None]:
    """End a block with UnreadableDocument once it has used so much CPU time. For the main thread only.

    It is ended in code of these modules, not in a callback of the garbage collector that came in between, where an
    exception would be lost: so the timer rings again until it is heard.
    """

    def give_up(_signal: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_globals.get("__name__", "").startswith(modules):
            signal.setitimer(signal.ITIMER_PROF, 0)
            raise _OutOfTime

    before = signal.signal(signal.SIGPROF, give_up)
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds, _RING_AGAIN_S)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except _OutOfTime:
        raise UnreadableDocument(Unreadable.TOO_SLOW) from None
    finally:
        signal.signal(signal.SIGPROF, before)


def _nesting(text: str) -> int:
    depth = deepest = 0
    for found in _OPAQUE_OR_BRACKET.finditer(text):
        mark = found[0]
        if mark in _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        elif mark in _CLOSING:
            depth -= 1
    return deepest
