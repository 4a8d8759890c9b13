"""Every guide shows what one sees."""

from pathlib import Path

import pytest

from docs.following import OTHER_GUIDES, follow_guide
from docs.sandbox import Sandbox

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("page", OTHER_GUIDES, ids=lambda page: page.stem)
def test_what_the_guide_shows_is_what_one_sees(page: Path, sandbox: Sandbox) -> None:
    follow_guide(page, sandbox)
