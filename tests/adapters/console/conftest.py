"""A fresh console for each test."""

import pytest

from adapters.console.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()
