"""What people and programs may do with control, and see of it: commands in, documents out."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from holdfast.engine.command import EndMitigation, Mitigate, SetOwnerLimits
from holdfast.engine.measures import check_measure
from holdfast.model.event import MitigationAdjusted, MitigationEnded, MitigationStarted
from holdfast.model.finding import FindingId
from holdfast.model.mitigation import Kill, Measure, Mitigation, MitigationId, ReadOnly, Recovery
from holdfast.model.platform import Limits
from holdfast.model.prediction import Prediction, Verdict
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import EndedMitigation
from holdfast.runtime.control import Control
from holdfast.runtime.observed import CountObserved
from holdfast.runtime.plans import Plans
from holdfast.runtime.recovery.upstreams import check_drained
from holdfast.runtime.revision_operations import RevisionOperations, tell_refused
from holdfast.runtime.rollout_operations import FindStanding, RolloutOperations, watch_nothing
from holdfast.views.findings import FindingDocument, FindingsDocument, show_finding, show_findings
from holdfast.views.mitigations import (
    EndedMitigationDocument,
    MitigationDocument,
    MitigationsDocument,
    show_ended,
    show_mitigation,
    show_mitigations,
)
from holdfast.views.observation import Observation
from holdfast.views.observed import ObservedDocument, show_observed
from holdfast.views.revisions import HistoryDocument, show_history
from holdfast.views.services import ServiceDocument, ServicesDocument, show_service, show_services
from holdfast.views.status import JournalDocument, StatusDocument, show_status

RECORD_WAIT_S: Final = 2.0
"""The longest that an answer about a mitigation in force waits for its record."""
PREVIEW_S: Final = 60.0
"""How long a measure is thought of as lasting while somebody only thinks about it."""
LOG: Final = logging.getLogger(__name__)

FORETELL_S: Final = 1.0
"""The longest that anything waits for a prediction."""
Predict = Callable[[Measure], Awaitable[Prediction | None]]
"""Foretells what a measure would do to the traffic of the last minutes; None if that isn't known."""


async def predict_nothing(_: Measure) -> Prediction | None:
    """What is foretold while no traffic is watched."""
    return None


class Operations(RevisionOperations):
    """Everything that the API offers, on a running `Control`.

    `predict` foretells what a measure would do, from traffic that is watched; None while nothing is. `find_standing`
    says how the revision on its way is.
    """

    def __init__(
        self,
        control: Control,
        count_observed: CountObserved,
        predict: Predict = predict_nothing,
        plans: Plans | None = None,
        find_standing: FindStanding = watch_nothing,
    ) -> None:
        super().__init__(control, plans)
        self.rollouts = RolloutOperations(control, self.reach_edges, find_standing)
        self._count_observed = count_observed
        self._predict = predict
        self._counting = asyncio.Semaphore(1)
        self._started_at = control.world.clock()

    def status(self) -> StatusDocument:
        """One page of everything."""
        control = self._control
        unrecorded = self._unrecorded()
        return show_status(
            control.state,
            control.intent,
            control.world.fleet.statuses(),
            unrecorded,
            JournalDocument(writable=control.journal_writable, unrecorded=len(unrecorded)),
            self.rollouts.show(),
            self._started_at,
        )

    def services(self, tenant: str | None, after: str, count_max: int) -> ServicesDocument:
        """At most `count_max` services after a name, of one tenant or of all."""
        return show_services(self._control.intent, tenant, after, count_max)

    def service(self, name: str) -> ServiceDocument | None:
        """One service, if the platform in force has it."""
        intent = self._control.intent
        return show_service(intent, name) if intent and name in intent.services else None

    def history(self) -> HistoryDocument:
        """Revisions, newest first."""
        return show_history(self._control.state)

    def mitigations(self) -> MitigationsDocument:
        """What is mitigated now, and what lately was."""
        control = self._control
        observation = Observation(control.intent)
        return show_mitigations(
            control.state, control.world.clock(), self.count_reach(), observation, self._unrecorded()
        )

    async def observed(self, after: str, count_max: int) -> ObservedDocument:
        """At most `count_max` services in observe mode after a name, and what would have been refused to them."""
        intent = self._control.intent
        if intent is None:
            return show_observed(None, {}, after, count_max)
        async with self._counting:
            edges = await self._count_observed(intent.platform)
        return show_observed(intent, edges, after, count_max)

    def findings(self) -> FindingsDocument:
        """What the watch found, and what lately was over."""
        return show_findings(self._control.state)

    def finding(self, finding: FindingId) -> FindingDocument | None:
        """One finding, if it is remembered."""
        return show_finding(self._control.state, finding)

    async def preview(self, measure: Measure) -> Prediction:
        """What a measure would do to the traffic of the last minutes."""
        refusal = check_measure(measure, PREVIEW_S, self._control.publisher.facts)
        if refusal:
            return _foretell_nothing(refusal.message)
        foretold = await self._foretell(measure)
        return foretold or _foretell_nothing("traffic isn't watched now, so nothing is known of it")

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
        """Put a measure in force at once, for `for_s` seconds, on some edges or on all.

        Refused where it is predicted to harm, unless `force`. What is refused for no prediction doesn't wait for one.
        """
        if refusal := check_drained(self._control.intent, measure):
            return refusal
        foretold = None if isinstance(measure, Kill | ReadOnly | Recovery) else await self._foretell(measure)
        command = Mitigate(author, measure, for_s, reason, finding, edges, foretold, forced=force)
        ticket = await self._control.submit(command, RECORD_WAIT_S)
        match ticket.events:
            case (MitigationStarted(mitigation=mitigation),) if ticket.refusal is None:
                await self.reach_edges()
                return await self._show(mitigation, recorded=ticket.recorded)
        return tell_refused(ticket.refusal)

    async def accept_suggestion(
        self, author: str, finding: FindingId, for_s: float | None, reason: str | None, *, force: bool = False
    ) -> MitigationDocument | Refusal:
        """Put in force what is suggested for a finding, as suggested where nothing else is said."""
        suggestion = self._control.state.suggestions.get(finding)
        if suggestion is None:
            return Refusal(RefusalCode.SUGGESTION_UNKNOWN, f"nothing is suggested for finding {finding}")
        return await self.mitigate(
            author,
            suggestion.measure,
            for_s or suggestion.for_s,
            reason or suggestion.reason,
            edges=suggestion.edges,
            finding=finding,
            force=force,
        )

    async def end_mitigation(self, author: str, mitigation: MitigationId) -> EndedMitigationDocument | Refusal:
        """End a mitigation on every edge at once."""
        before = self._control.state.mitigations.get(mitigation)
        ticket = await self._control.submit(EndMitigation(author, mitigation), RECORD_WAIT_S)
        match ticket.events:
            case (MitigationEnded() as event,) if ticket.refusal is None and before is not None:
                await self.reach_edges()
                ended = EndedMitigation(before, event.at, event.author, event.why)
                return show_ended(ended, recorded=ticket.recorded)
        return tell_refused(ticket.refusal)

    async def set_owner_limits(self, author: str, service: str, limits: Limits | None) -> ServiceDocument | Refusal:
        """Set what a service's owner chose; None returns to the platform file's limits."""
        ticket = await self._control.submit(SetOwnerLimits(author, service, limits))
        if ticket.refusal is not None and ticket.refusal.code is not RefusalCode.UNCHANGED:
            return ticket.refusal
        await self.reach_edges()
        return self.service(service) or Refusal(RefusalCode.SERVICE_UNKNOWN, f"{service} is gone meanwhile")

    async def _show(self, mitigation: Mitigation, *, recorded: bool) -> MitigationDocument:
        """A mitigation that was begun just now; what didn't wait for a prediction is shown with one all the same."""
        now, observation = self._control.world.clock(), Observation(self._control.intent)
        shown = show_mitigation(mitigation, now, self.count_reach(), observation, recorded=recorded)
        if not isinstance(mitigation.measure, Kill | ReadOnly):
            return shown
        return shown.model_copy(update={"prediction": await self._foretell(mitigation.measure)})

    async def _foretell(self, measure: Measure) -> Prediction | None:
        """What a measure would do; a prediction that can't be made holds nobody up."""
        try:
            async with asyncio.timeout(FORETELL_S):
                return await self._predict(measure)
        except TimeoutError:
            LOG.warning("what a measure would do takes too long to predict")
            return None
        except Exception:
            LOG.exception("what a measure would do can't be predicted")
            return None

    def _unrecorded(self) -> frozenset[MitigationId]:
        ids = set[MitigationId]()
        for event in self._control.core.unrecorded:
            if isinstance(event, MitigationStarted):
                ids.add(event.mitigation.id)
            elif isinstance(event, MitigationAdjusted | MitigationEnded):
                ids.add(event.id)
        return frozenset(ids)


def _foretell_nothing(why: str) -> Prediction:
    """A prediction that says only why there is none."""
    return Prediction(
        verdict=Verdict.UNKNOWN,
        why=why,
        samples=0,
        refused_share=0.0,
        normal_refused_share=0.0,
        clients_refused=0,
        clients=0,
        refused_per_s=0.0,
    )
