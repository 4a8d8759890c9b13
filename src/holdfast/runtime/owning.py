"""Changes by tenants' owners: what of a text is theirs to say, by what is in force."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from holdfast.model.danger import Danger
from holdfast.model.diagnostic import Diagnostic
from holdfast.model.intent import Intent
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.revision import RevisionNumber
from holdfast.rollout.ownership import find_trespasses, list_withheld
from holdfast.spec import Checked, show_trespasses

JudgeConfirmed = Callable[[Checked, Sequence[Danger], Sequence[str]], Refusal | None]
"""Whether somebody may confirm these codes, of these dangers of a checked text."""


def accept_confirmed(_checked: Checked, _dangers: Sequence[Danger], _confirmed: Sequence[str]) -> None:
    """An operator answers for everybody."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """An owner and its tenant, and what is in force, as which revision."""

    author: str
    tenant: str
    old: Intent
    base: RevisionNumber

    def judge(self, checked: Checked) -> tuple[Diagnostic, ...]:
        """Everything in a sound text that isn't this owner's to say."""
        platform = checked.platform
        if platform is None:
            return checked.diagnostics
        if why := self._tell_unlisted():
            places = [(("tenants", self.tenant, "owners"), why)]
            return show_trespasses(places, checked.source_map)
        found = find_trespasses(self.old, Intent(platform), frozenset({self.tenant}))
        return show_trespasses(((each.path, each.message) for each in found), checked.source_map)

    def judge_confirmed(self, checked: Checked, dangers: Sequence[Danger], confirmed: Sequence[str]) -> Refusal | None:
        """Whether it takes upon itself what others would bear."""
        new = Intent(checked.platform) if checked.platform else self.old
        withheld = list_withheld(dangers, self.old, new, frozenset({self.tenant}))
        codes = ", ".join(code for code in confirmed if code in withheld)
        if not codes:
            return None
        message = f"others than {self.tenant} would bear {codes}: an operator must hand this change in"
        return Refusal(RefusalCode.CONFIRMATION_FOREIGN, message)

    def _tell_unlisted(self) -> str:
        tenant = self.old.platform.tenants.get(self.tenant)
        if tenant is None:
            return f"the platform in force has no tenant {self.tenant}"
        if tenant.owners and self.author not in tenant.owners:
            return f"tenant {self.tenant} names its owners, and {self.author} isn't one of them"
        return ""
