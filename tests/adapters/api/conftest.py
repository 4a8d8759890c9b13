"""A control that answers over HTTP, shared by a module's tests where they leave nothing behind."""

from collections.abc import Iterator

import httpx
import pytest

from fakes.running import PLATFORM, RunningControl, run_in_thread, short_directory


@pytest.fixture
def control() -> Iterator[RunningControl]:
    """A control with nothing in force."""
    with short_directory() as state, run_in_thread(state) as running:
        yield running


@pytest.fixture
def api(control: RunningControl) -> Iterator[httpx.Client]:
    """The admin, on a platform of two services."""
    with control.client() as client:
        client.post("/v1/revisions", json={"text": PLATFORM, "file": "p.yaml"}).raise_for_status()
        yield client
