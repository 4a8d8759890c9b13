"""What pages load: our own scripts and styles, and the chart library that the build brought in."""

from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


class Assets:
    """Files by name, each with the start of its hash in its address, so that browsers may keep it for ever."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents
        self._version = sha256(b"".join(contents[name] for name in sorted(contents))).hexdigest()[:16]

    @property
    def version(self) -> str:
        """Changes whenever any file does. One for all, so that scripts may import each other by name."""
        return self._version

    def __contains__(self, name: str) -> bool:
        return name in self._contents

    def answer(self, request: Request) -> Response:
        """A file, asked for as `VERSION/NAME`; 404 if there is none of the name."""
        name = request.path_params["name"]
        if name not in self._contents:
            raise HTTPException(404)
        kept = request.path_params["version"] == self._version
        suffix = name[name.rindex(".") :]
        headers = {"Content-Type": _TYPES[suffix], "Cache-Control": _FOR_EVER if kept else "no-store"}
        return Response(self._contents[name], headers=headers)


def load_assets() -> Assets:
    """Everything in `static`. The charts are missing where Holdfast was neither built nor installed."""
    folder = files(__package__) / "static"
    contents = {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}
    charts = folder / "uplot"
    if charts.is_dir():
        contents |= {f"uplot/{each.name}": each.read_bytes() for each in charts.iterdir() if each.is_file()}
    return Assets(contents)
