# noqa: INP001 - a script
"""Write diagnostics.md, beside this file, from the registry of codes: `python docs/reference/write_diagnostics.py`."""

from pathlib import Path

from holdfast.spec.catalogue import render_catalogue

if __name__ == "__main__":
    (Path(__file__).parent / "diagnostics.md").write_text(render_catalogue(), encoding="utf-8")
