"""What the API needs of control."""

from collections.abc import Sequence
from typing import Protocol

from holdfast.model.finding import FindingId
from holdfast.model.mitigation import Measure, MitigationId
from holdfast.model.platform import Limits
from holdfast.model.prediction import Prediction
from holdfast.model.recorded import RecordedRequest
from holdfast.model.refusal import Refusal
from holdfast.model.revision import RevisionNumber
from holdfast.views.findings import FindingDocument, FindingsDocument
from holdfast.views.mitigations import EndedMitigationDocument, MitigationDocument, MitigationsDocument
from holdfast.views.observed import ObservedDocument
from holdfast.views.plan import PlanDocument
from holdfast.views.revisions import HistoryDocument, ProposalDocument, RejectedDocument, TrespassDocument
from holdfast.views.rollout import FreezeDocument, RolloutsDocument
from holdfast.views.services import ServiceDocument, ServicesDocument
from holdfast.views.status import StatusDocument


class RolloutOperations(Protocol):
    """What may be seen of rollouts and done with them. `author` is the name on the caller's token."""

    def show(self) -> RolloutsDocument:
        """What is on its way, what went back last, and whether anything may go out."""

    async def pause(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        """Begin no further wave until it is resumed."""

    async def resume(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        """Let the waves go on."""

    async def promote(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        """Give the revision to everybody now."""

    async def abort(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        """Give whoever has the revision the one before again."""

    async def freeze(self, author: str, reason: str, for_s: float | None) -> FreezeDocument | Refusal:
        """Let nothing new go out, for `for_s` seconds or until it is ended. What is on its way stands still."""

    async def thaw(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        """Let revisions go out again."""


class Operations(Protocol):
    """Commands to control, and documents about it. `author` is the name on the caller's token."""

    @property
    def rollouts(self) -> RolloutOperations:
        """All about rollouts."""

    def status(self) -> StatusDocument:
        """One page of everything."""

    def services(self, tenant: str | None, after: str, count_max: int) -> ServicesDocument:
        """At most `count_max` services after a name, of one tenant or of all."""

    def service(self, name: str) -> ServiceDocument | None:
        """One service, if the platform in force has it."""

    def history(self) -> HistoryDocument:
        """Revisions, newest first."""

    def mitigations(self) -> MitigationsDocument:
        """What is mitigated now, and what lately was."""

    async def observed(self, after: str, count_max: int) -> ObservedDocument:
        """At most `count_max` services in observe mode after a name, and what would have been refused to them."""

    async def plan(
        self, text: str, file: str, requests: Sequence[RecordedRequest], confirmed: tuple[str, ...]
    ) -> PlanDocument | Refusal:
        """What a platform text would do in place of what is in force; nothing is changed."""

    async def propose(
        self,
        author: str,
        text: str,
        file: str,
        reason: str,
        confirmed: tuple[str, ...],
        *,
        commit: str,
        at_once: bool,
    ) -> ProposalDocument | RejectedDocument | PlanDocument | Refusal:
        """Check a platform text, have it proved, and send it out in waves, or `at_once` if somebody says why.

        Its plan, where that must be confirmed first.
        """

    async def propose_own(
        self, owner: str, tenant: str, text: str, file: str, reason: str, confirmed: tuple[str, ...], *, commit: str
    ) -> ProposalDocument | RejectedDocument | TrespassDocument | PlanDocument | Refusal:
        """The same for the owner of a tenant, who may change only what is that tenant's."""

    async def roll_back(self, author: str, to: RevisionNumber | None, reason: str) -> ProposalDocument | Refusal:
        """Put an older revision's file in force again."""

    def findings(self) -> FindingsDocument:
        """What the watch found, and what lately was over."""

    def finding(self, finding: FindingId) -> FindingDocument | None:
        """One finding, if it is remembered."""

    async def preview(self, measure: Measure) -> Prediction:
        """What a measure would do to the traffic of the last minutes."""

    async def mitigate(
        self,
        author: str,
        measure: Measure,
        for_s: float,
        reason: str,
        *,
        edges: tuple[str, ...] | None = None,
        finding: FindingId | None = None,
        force: bool = False,
    ) -> MitigationDocument | Refusal:
        """Put a measure in force for `for_s` seconds; refused where it is predicted to harm, unless `force`."""

    async def accept_suggestion(
        self, author: str, finding: FindingId, for_s: float | None, reason: str | None, *, force: bool = False
    ) -> MitigationDocument | Refusal:
        """Put in force what is suggested for a finding, as suggested where nothing else is said."""

    async def end_mitigation(self, author: str, mitigation: MitigationId) -> EndedMitigationDocument | Refusal:
        """End a mitigation now."""

    async def set_owner_limits(self, author: str, service: str, limits: Limits | None) -> ServiceDocument | Refusal:
        """Set what a service's owner chose; None returns to the platform file's limits."""
