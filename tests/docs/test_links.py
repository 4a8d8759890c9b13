"""Links between pages lead somewhere, down to the heading."""

import re
from pathlib import Path

import pytest

from docs.pages import PAGES, ROOT, remove_blocks

_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(?P<title>.+?) *$", re.MULTILINE)


def anchor(title: str) -> str:
    """A heading's name in links."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    targets = [found["target"] for found in _LINK.finditer(remove_blocks(page.read_text(encoding="utf-8")))]
    dead = [target for target in targets if "://" not in target and not _resolves(page, target)]
    assert not dead


def test_every_guide_and_reference_is_led_to_from_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    inner = [page for page in PAGES if page.parent.name in {"guides", "reference"}]
    assert inner
    assert [page.name for page in inner if f"({page.relative_to(ROOT)})" not in text] == []


def _resolves(page: Path, target: str) -> bool:
    path, _, heading = target.partition("#")
    file = (page.parent / path) if path else page
    if not file.exists():
        return False
    if not heading:
        return True
    return heading in {anchor(found["title"]) for found in _HEADING.finditer(file.read_text(encoding="utf-8"))}
