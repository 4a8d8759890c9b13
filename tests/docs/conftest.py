"""What the tests of the guides share."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from docs.sandbox import Sandbox

Closing = tuple[ThreadPoolExecutor, list[Future[None]]]


@pytest.fixture(scope="module")
def closing() -> Iterator[Closing]:
    """Ends what a guide started while the next one is followed: it is mostly waiting."""
    ended: list[Future[None]] = []
    with ThreadPoolExecutor(max_workers=1) as closer:
        yield closer, ended
    for each in ended:
        each.result()


@pytest.fixture
def sandbox(closing: Closing) -> Iterator[Sandbox]:
    """A machine that nobody has touched."""
    sandbox = Sandbox()
    yield sandbox
    closer, ended = closing
    ended.append(closer.submit(sandbox.close))
