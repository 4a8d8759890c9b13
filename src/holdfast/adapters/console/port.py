"""What the console needs of control."""

from collections.abc import Sequence
from typing import Protocol

from holdfast.adapters.console.incident_port import IncidentSource
from holdfast.model.finding import FindingId
from holdfast.model.mitigation import Measure, MitigationId
from holdfast.model.prediction import Prediction
from holdfast.model.recorded import RecordedRequest
from holdfast.model.refusal import Refusal
from holdfast.model.token import Token, TokenId
from holdfast.views.explanation import ExplanationsDocument
from holdfast.views.failover import FailoverDocument
from holdfast.views.ledger import LedgerDocument, LedgerEntryDocument, LedgerQuery
from holdfast.views.live import OverviewDocument
from holdfast.views.live_findings import LiveFindingsDocument
from holdfast.views.live_guards import GuardsDocument
from holdfast.views.live_history import HistoryPage
from holdfast.views.live_services import LiveServiceDocument, ServicePage, ServiceQuery
from holdfast.views.live_spool import LiveSpoolDocument
from holdfast.views.mitigations import EndedMitigationDocument, MitigationDocument, MitigationsDocument
from holdfast.views.plan import PlanDocument
from holdfast.views.readiness import ReadinessDocument
from holdfast.views.restoration import RestorationDocument
from holdfast.views.revisions import ProposalDocument, RejectedDocument
from holdfast.views.rollout import FreezeDocument, RolloutsDocument


class LiveSource(IncidentSource, Protocol):
    """What is known now. Called once a second for each thing that somebody looks at, so answers are ready at once.

    `tenant` bounds what may be seen to one tenant's services; None is everybody's.
    """

    def overview(self) -> OverviewDocument:
        """Locations, lanes, edges, and what stands out."""

    def services(self, query: ServiceQuery) -> ServicePage:
        """One page of services; a page beyond the last is empty."""

    def service(self, name: str) -> LiveServiceDocument | None:
        """One service, if the platform in force has it."""

    def findings(self, tenant: str | None) -> LiveFindingsDocument:
        """What was found, with suggestions."""

    def mitigations(self, tenant: str | None) -> MitigationsDocument:
        """What is mitigated now, and what lately was."""

    def history(self, tenant: str | None, before: int | None, count_max: int) -> HistoryPage:
        """At most `count_max` entries that come before one in the journal; the newest for None."""

    def ledger(self, query: LedgerQuery) -> LedgerDocument:
        """The newest changes that are asked for."""

    async def ledger_entry(self, sequence: int, tenant: str | None) -> LedgerEntryDocument | None:
        """One change in full, if there is one there."""

    def rollouts(self) -> RolloutsDocument:
        """What is on its way, what went back last, and whether anything may go out."""

    def readiness(self, tenant: str | None) -> ReadinessDocument:
        """Whether standbys could take over."""

    def restoration(self, tenant: str | None) -> RestorationDocument:
        """Who comes back after an outage, and what they wait for."""

    def failover(self, tenant: str | None) -> FailoverDocument:
        """Where services with standbys are, what edges see of it, and what is waited for."""

    def spool(self, tenant: str | None) -> LiveSpoolDocument:
        """What is kept of services that defer, and how their switches stand."""

    def guards(self) -> GuardsDocument:
        """How Holdfast's own parts are."""

    async def explain(self, asked: str, tenant: str | None) -> ExplanationsDocument:
        """Why a request was answered as it was. `asked` is its id, or a pasted answer that holds it."""


class RolloutCommands(Protocol):
    """Commands about the revision on its way, and about whether any may be."""

    async def pause(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        """Begin no further wave until it is resumed."""

    async def resume(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        """Let the waves go on."""

    async def promote(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        """Give the revision to everybody now."""

    async def abort(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        """Give whoever has the revision the one before again."""

    async def freeze(self, author: str, reason: str, for_s: float | None) -> FreezeDocument | Refusal:
        """Let nothing new go out, for `for_s` seconds or until it is ended."""

    async def thaw(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        """Let revisions go out again."""


class ConsoleOperations(Protocol):
    """Commands to control. `author` is the name on the caller's token."""

    @property
    def rollouts(self) -> RolloutCommands:
        """All about rollouts."""

    async def preview(self, measure: Measure) -> Prediction:
        """What a measure would do to the traffic of the last minutes."""

    async def mitigate(
        self, author: str, measure: Measure, for_s: float, reason: str, *, finding: FindingId | None, force: bool
    ) -> MitigationDocument | Refusal:
        """Put a measure in force for `for_s` seconds, in answer to a finding or not.

        Refused where it is predicted to harm, unless `force`.
        """

    async def plan(
        self, text: str, file: str, requests: Sequence[RecordedRequest], confirmed: tuple[str, ...]
    ) -> PlanDocument | Refusal:
        """What a platform text would do in place of what is in force; nothing is changed."""

    async def propose(
        self, author: str, text: str, file: str, reason: str, confirmed: tuple[str, ...]
    ) -> ProposalDocument | RejectedDocument | PlanDocument | Refusal:
        """Check a platform text, have it proved, and put it in force; its plan, where that must be confirmed first."""

    async def end_mitigation(self, author: str, mitigation: MitigationId) -> EndedMitigationDocument | Refusal:
        """End a mitigation now."""


class TokenDirectory(Protocol):
    """The tokens that are known."""

    def find(self, secret: str) -> Token | None:
        """Whose secret this is."""

    def get(self, token_id: TokenId) -> Token | None:
        """A token by id, unless it was revoked."""
