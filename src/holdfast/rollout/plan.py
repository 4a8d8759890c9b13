"""What a change would do, all in one: the answer to `holdfast plan`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from holdfast.model.diagnostic import Diagnostic, Severity
from holdfast.model.edge import Nack
from holdfast.rollout.changes import PlatformChange
from holdfast.rollout.danger import Danger
from holdfast.rollout.outcomes import Difference

NOTHING: Final = PlatformChange({}, ())


class Verdict(StrEnum):
    """Whether a change may go on: nothing is wrong, somebody must confirm what was found, or it can't."""

    SOUND = "sound"
    CONFIRM = "confirm"
    REFUSED = "refused"


@dataclass(frozen=True)
class Plan:
    """What a change would do. What couldn't be asked, since something before it failed, is empty.

    `asked` is how many recorded requests and probes were put through both configurations.
    """

    diagnostics: Sequence[Diagnostic] = ()
    changes: PlatformChange = NOTHING
    differences: Sequence[Difference] = ()
    dangers: Sequence[Danger] = ()
    nacks: Sequence[Nack] = ()
    asked: int = 0

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What keeps the file from being one."""
        return tuple(each for each in self.diagnostics if each.severity is Severity.ERROR)

    def unconfirmed(self, confirmed: Iterable[str]) -> tuple[Danger, ...]:
        """The dangers whose codes nobody has confirmed."""
        known = frozenset(confirmed)
        return tuple(danger for danger in self.dangers if danger.code not in known)

    def judge(self, confirmed: Iterable[str] = ()) -> Verdict:
        """Whether the change may go on, given the codes that were confirmed."""
        if self.errors or self.nacks:
            return Verdict.REFUSED
        return Verdict.CONFIRM if self.unconfirmed(confirmed) else Verdict.SOUND
