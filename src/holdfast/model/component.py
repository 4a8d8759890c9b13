"""Parts of Holdfast that only observe: each is a process with a budget, and is switched off beyond it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

from pydantic import StringConstraints

from holdfast.model.noun import Noun

BUILT_IN: Final = "built-in"
"""The version that came with Holdfast."""
ANALYSER: Final = "analyser"

BuildVersion = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9.+-]{0,30}[a-z0-9])?$")]
"""What a build calls itself; `built-in` is taken."""
Checksum = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ModuleName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$")]


class Phase(StrEnum):
    """How far a component is trusted."""

    OFF = "off"
    STARTING = "starting"
    SHADOW = "shadow"
    """It works, but what it says doesn't count yet."""
    ON = "on"
    WARNED = "warned"
    """It is over its budget: what it says doesn't count, and it is switched off if that goes on."""
    RESTARTING = "restarting"
    """It ended by itself, and is started again in a moment."""


@dataclass(frozen=True, slots=True)
class ComponentUsage:
    """What a component's process takes of the machine now, and how its work goes since it started."""

    cpu_share: float = 0.0
    """Of one core, over the last seconds."""
    memory_bytes: int = 0
    lag_s: float = 0.0
    """How long its last answer took, or how long the present one is overdue."""
    handed: int = 0
    dropped: int = 0
    """Samples that were handed to it, and that weren't since it didn't take them fast enough."""


@dataclass(frozen=True, slots=True)
class ComponentAllowance:
    """The most that a component may take: of a core, of memory, and of time for an answer."""

    cpu_share: float
    memory_bytes: int
    lag_s: float


@dataclass(frozen=True, slots=True)
class ComponentStatus:
    """A component now. `since` is Unix time, in seconds; `pid` is None if it doesn't run.

    `confined` says whether the kernel keeps the process away from files that aren't its own.
    """

    component: str
    version: str
    phase: Phase
    since: float
    why: str
    pid: int | None
    confined: bool
    usage: ComponentUsage
    allowed: ComponentAllowance


class BuildManifest(Noun):
    """`component.json` in a build's folder: which module `python -m` is to run there."""

    component: str
    version: BuildVersion
    module: ModuleName


class Build(Noun):
    """A version that can be run. The built-in one has neither folder nor checksum."""

    version: BuildVersion = BUILT_IN
    module: ModuleName = "holdfast.analyser"
    folder: str | None = None
    checksum: Checksum | None = None
