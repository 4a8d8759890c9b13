"""Builds the C instruments on first use and keeps the programs under the hash of all that they are made from."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Literal, TypeAlias

InstrumentName: TypeAlias = Literal["load", "upstream"]

SOURCE_DIR = Path(__file__).parent
COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Wshadow")
LIBRARIES = ("-lm",)
BUILD_S_MAX = 120


class BuildError(Exception):
    """An instrument could not be built. The message ends in what to do about it."""


class CompilerMissingError(BuildError):
    """There is no C compiler on this machine."""


def find_compiler() -> str:
    """The C compiler's path: what CC names, else the first of the usual names. Raises CompilerMissingError."""
    wanted = os.environ.get("CC")
    names = (wanted,) if wanted else COMPILERS
    for name in names:
        if path := shutil.which(name):
            return path
    raise CompilerMissingError(
        f"no C compiler found (looked for {', '.join(names)}); the drills' load generator and upstream are C programs. "
        "Install one (Debian: apt-get install gcc libc6-dev) or let CC name it"
    )


def find_cache_dir() -> Path:
    """Where built programs are kept: XDG_CACHE_HOME/holdfast, by default ~/.cache/holdfast."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "holdfast"


def list_sources(name: InstrumentName) -> list[Path]:
    """The instrument's own C files, which start with its name, and the HTTP framing that both share."""
    return [*sorted(SOURCE_DIR.glob(f"{name}*.c")), SOURCE_DIR / "http1.c"]


def compute_digest(command: list[str], sources: list[Path]) -> str:
    """Hash of the command, the machine's kind and C library, and the content of sources and headers."""
    digest = hashlib.sha256(repr((command, platform.machine(), platform.libc_ver())).encode())
    for path in [*sources, *sorted(SOURCE_DIR.glob("*.h"))]:
        digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def build_instrument(name: InstrumentName, *, cache_dir: Path | None = None, extra_flags: tuple[str, ...] = ()) -> Path:
    """Path of the built program; compiles only what isn't in the cache yet.

    Safe to call from several processes at once. Raises CompilerMissingError, or BuildError with the compiler's words.
    """
    sources = list_sources(name)
    command = [find_compiler(), *FLAGS, *extra_flags]
    cache = cache_dir or find_cache_dir()
    program = cache / f"{name}-{compute_digest(command, sources)[:20]}"
    if not program.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix="build-") as build_dir:
            built = Path(build_dir) / name
            compile_program([*command, *map(str, sources), *LIBRARIES, "-o", str(built)])
            built.replace(program)
    return program


def compile_program(command: list[str]) -> None:
    """Runs the compiler. Raises BuildError."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_S_MAX, check=False)
    except subprocess.TimeoutExpired as late:
        raise BuildError(f"{command[0]} took over {BUILD_S_MAX} s; is this machine overloaded?") from late
    if done.returncode != 0:
        raise BuildError(
            f"{command[0]} could not build the instrument; it needs Linux and the C library's headers "
            f"(Debian: apt-get install libc6-dev). It said:\n{done.stderr.strip()}"
        )
