"""Every guide about losses shows what one sees."""

from pathlib import Path

import pytest

from docs.following import GUIDES_OF_LOSSES, follow_guide
from docs.sandbox import Sandbox

pytestmark = pytest.mark.timeout(300)


def test_there_are_guides_about_losses() -> None:
    assert len(GUIDES_OF_LOSSES) == 6


@pytest.mark.parametrize("page", GUIDES_OF_LOSSES, ids=lambda page: page.stem)
def test_what_the_guide_shows_is_what_one_sees(page: Path, sandbox: Sandbox) -> None:
    follow_guide(page, sandbox)
