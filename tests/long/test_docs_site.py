"""The pages as a site: all of them are there, and lead somewhere. `./dev test tests/long` runs this."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(600)
def test_every_page_is_on_the_site(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", str(tmp_path)]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (made.returncode, made.stderr) == (0, "")
    pages = {page.relative_to(ROOT / "docs").with_suffix(".html") for page in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages if not (tmp_path / page).is_file()} == set()
    first = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{page}"' in first for page in map(str, pages) if page != "index.html")
