"""Every platform file and part of one that a page shows is sound, or wrong where the page says so."""

from pathlib import Path

import pytest

from docs.pages import PAGES, ROOT, PlatformText, read_steps
from docs.platform_texts import apply_text
from holdfast.spec import STARTER, check_text

TESTED_ELSEWHERE = {"diagnostics.md"}
"""Whose examples are tested one by one, beside the codes that they are of."""
WITH_YAML = [
    page
    for page in PAGES
    if page.name not in TESTED_ELSEWHERE
    and any(isinstance(step, PlatformText) for step in read_steps(page.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("page", WITH_YAML, ids=lambda page: str(page.relative_to(ROOT)))
def test_platform_files_are_as_sound_as_the_page_says(page: Path) -> None:
    platform = STARTER
    for step in read_steps(page.read_text(encoding="utf-8")):
        if isinstance(step, PlatformText):
            written = apply_text(platform, step.text)
            checked = check_text(written, f"{page.name}:{step.line}")
            assert bool(checked.diagnostics) == step.wrong, checked.diagnostics
            platform = platform if step.wrong else written


def test_there_is_something_to_check() -> None:
    assert WITH_YAML
