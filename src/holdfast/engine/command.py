"""What control may be asked to do. Each command says who asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from holdfast.engine.facts import PlatformFacts
from holdfast.model.intent import Walls
from holdfast.model.mitigation import Measure, MitigationId
from holdfast.model.platform import Limits
from holdfast.model.revision import ContentHash, RevisionNumber

SYSTEM = "holdfast"
"""The author of what nobody asked for: expiries, and what the canary says."""


@dataclass(frozen=True, slots=True)
class ProposeRevision:
    """Prove a checked platform file, kept under its hash, and put it in force."""

    author: str
    content: ContentHash
    file: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rollback:
    """Propose an older revision's file again; without a number, that of the revision before the present one."""

    author: str
    to: RevisionNumber | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CanaryAnswered:
    """A revision was proved (its facts and settled walls are given), or refused (`why` says by what)."""

    number: RevisionNumber
    platform: PlatformFacts | None
    settled: Mapping[str, Walls] = field(default_factory=dict)
    why: str = ""
    author: str = SYSTEM


@dataclass(frozen=True, slots=True)
class Mitigate:
    """Put a measure of the closed menu in force for `for_s` seconds."""

    author: str
    measure: Measure
    for_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class EndMitigation:
    """End a mitigation before it expires."""

    author: str
    id: MitigationId


@dataclass(frozen=True, slots=True)
class SetOwnerLimits:
    """Set what a service's owner chose within the platform's bounds; None returns to the platform file's limits."""

    author: str
    service: str
    limits: Limits | None


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: end what has expired."""

    author: str = SYSTEM


Command = ProposeRevision | Rollback | CanaryAnswered | Mitigate | EndMitigation | SetOwnerLimits | Tick
"""Everything that control may be asked to do."""

Protective = Mitigate | EndMitigation | Tick
"""Commands that take effect before they are recorded: protection doesn't wait for a disk."""
