"""What the tests of the guides share."""

from collections.abc import Iterator

import pytest

from docs.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A machine that nobody has touched."""
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()
