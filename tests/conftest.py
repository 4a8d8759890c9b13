"""What all tests share: in which order they are begun, and that how fast the machine is proves nothing.

What takes long comes first, or it is what everything waits for at the end.
"""

import os
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

EXAMPLES: Final = int(os.environ.get("HOLDFAST_TEST_EXAMPLES", "40"))
"""Of each property that doesn't say how many: it is tried anew with others each time."""
settings.register_profile(
    "in company", deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("in company")
TESTS: Final = Path(__file__).parent
LONGEST: Final = (
    "docs/test_guides_of_changes.py",
    "docs/test_guides_of_losses.py",
    "docs/test_guides.py",
    "cli/test_up.py",
    "browser",
    "drills/bad_changes",
    "simulation",
    "drills/simulation",
    "edge",
    "runtime",
    "compile",
    "mitigate",
)
"""Modules and folders by how long they take, the longest first; the others follow as they come."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: rank(item.path.relative_to(TESTS)))


def rank(path: Path) -> int:
    """The place among the longest of a module or of a folder that it is in."""
    return next((place for place, name in enumerate(LONGEST) if path.is_relative_to(name)), len(LONGEST))
