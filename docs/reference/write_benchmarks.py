# noqa: INP001 - a script
"""Write benchmarks.md, beside this file, from benchmarks.json: `python docs/reference/write_benchmarks.py`.

It measures nothing; that is `./dev bench --docs`.
"""

import sys
from pathlib import Path
from typing import Final

sys.path.append(str(Path(__file__).parents[2]))  # the benchmarks aren't part of the package that is installed

from bench.page import read_results, render_page, render_results

PAGES: Final = {
    "benchmarks.json": lambda: render_results(read_results()),
    "benchmarks.md": lambda: render_page(read_results()),
}

if __name__ == "__main__":
    for page, render in PAGES.items():
        (Path(__file__).parent / page).write_text(render(), encoding="utf-8")
