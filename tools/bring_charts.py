"""Brings the console's chart library into the package, whenever Holdfast is built or installed (a hatch build hook).

uPlot isn't kept in this repository. It comes out of a Python package that carries uPlot's own release unchanged:
the digests below are those of the files in uPlot 1.6.16 as its author published it.
"""

from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CARRIER: Final = "uplot-python==1.1.1"
MODULE: Final = "uplot"
PLACE: Final = Path("src/holdfast/adapters/console/static/uplot")
FILES: Final = {
    "uPlot.js": ("uPlot.iife.js", "655bc8aa33781e8721c5af6b59f1699c03c9bda951aa74a6ab518ac20cc4326d"),
    "uPlot.css": ("uPlot.min.css", "3f121cd4a997b634e07a887658850018e475c26f0bddd874109a8d382c19de87"),
}
"""By our name: the carrier's name, and the SHA-256 of what it must hold."""


class NotTheLibrary(Exception):
    """The carrier doesn't hold what it did when it was looked at."""


class BringCharts(BuildHookInterface[BuilderConfig]):
    """Asks for the carrier where the library isn't in place, and copies the library out of it."""

    def dependencies(self) -> list[str]:
        """What has to be there for a build; nothing if the library is in place already."""
        return [] if is_in_place(Path(self.root)) else [CARRIER]

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        """Put the library in place before anything is packed, and have it packed though git ignores it."""
        root = Path(self.root)
        if not is_in_place(root):
            bring(root)
        build_data["artifacts"].extend(str(PLACE / name) for name in FILES)


def is_in_place(root: Path) -> bool:
    """Whether every file is there and right."""
    return all(
        path.is_file() and _digest(path.read_bytes()) == digest
        for path, digest in ((root / PLACE / name, digest) for name, (_, digest) in FILES.items())
    )


def bring(root: Path) -> None:
    """Copy the library out of its carrier, without running any of the carrier's code; NotTheLibrary if it changed."""
    spec = find_spec(MODULE)
    if spec is None or spec.origin is None:
        raise NotTheLibrary(f"{CARRIER} isn't installed where Holdfast is built")
    (root / PLACE).mkdir(parents=True, exist_ok=True)
    for name, (carried, digest) in FILES.items():
        content = (Path(spec.origin).parent / "static" / carried).read_bytes()
        if _digest(content) != digest:
            raise NotTheLibrary(f"{carried} in {CARRIER} isn't what uPlot's author published")
        (root / PLACE / name).write_bytes(content)


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
