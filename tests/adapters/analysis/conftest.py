"""Tests of this folder may be coroutines."""

from typing import Any

import pytest


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """The loop that control runs on."""
    return "asyncio", {"use_uvloop": True}
