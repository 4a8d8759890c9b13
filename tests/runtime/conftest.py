"""What the tests of the runtime share."""

import pytest

from fakes.control import Bench
from holdfast.runtime import control, operations


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are the same, only shorter."""
    monkeypatch.setattr(control, "TICK_S", 0.02)
    monkeypatch.setattr(control, "RETRY_S", 0.02)
    monkeypatch.setattr(operations, "RECORD_WAIT_S", 0.2)
