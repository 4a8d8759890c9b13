"""What may be done at the fake platform of the console, and who may do it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fakes.live import FakeLive
from fakes.live_answers import predict
from fakes.plans import make_plan
from fakes.rollouts import FakeRollouts
from holdfast.model.mitigation import Measure, MitigationId
from holdfast.model.prediction import Prediction, Verdict
from holdfast.model.recorded import RecordedRequest
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.revision import RevisionStatus
from holdfast.model.token import Role, Token
from holdfast.views.edges import Reach
from holdfast.views.mitigations import EndedMitigationDocument, MitigationDocument
from holdfast.views.plan import PlanDocument
from holdfast.views.revisions import ProposalDocument, RejectedDocument, RevisionDocument


@dataclass
class FakeOperations:
    """Commands that do what they say to a `FakeLive`."""

    live: FakeLive
    done: list[tuple[str, Measure, float, str, str | None, bool]] = field(default_factory=list)
    refusal: Refusal | None = None
    planned: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    proposed: list[tuple[str, str, str, str, tuple[str, ...]]] = field(default_factory=list)

    @property
    def rollouts(self) -> FakeRollouts:
        return self.live.rolling

    async def preview(self, measure: Measure) -> Prediction:
        return predict(measure)

    async def mitigate(
        self, author: str, measure: Measure, for_s: float, reason: str, *, finding: str | None, force: bool
    ) -> MitigationDocument | Refusal:
        if self.refusal is not None:
            return self.refusal
        if predict(measure).verdict is Verdict.HARMFUL and not force:
            return Refusal(RefusalCode.PREDICTION_HARMFUL, "it would refuse normal traffic")
        self.done.append((author, measure, for_s, reason, finding, force))
        return self.live.begin(author, measure, for_s, reason, forced=force)

    async def plan(
        self, text: str, file: str, requests: Sequence[RecordedRequest], confirmed: tuple[str, ...]
    ) -> PlanDocument | Refusal:
        assert not requests
        self.planned.append((text, file, confirmed))
        return self.refusal or self.plan_of(confirmed)

    async def propose(
        self, author: str, text: str, file: str, reason: str, confirmed: tuple[str, ...]
    ) -> ProposalDocument | RejectedDocument | PlanDocument | Refusal:
        plan = self.plan_of(confirmed)
        if self.refusal or plan.unconfirmed:
            return self.refusal or plan
        self.proposed.append((author, text, file, reason, confirmed))
        revision = RevisionDocument(
            number=8, status=RevisionStatus.IN_FORCE, since=0.0, why="", author=author, reason=reason, file=file,
            content="0" * 64, proposed_at=0.0, rollback_of=None, confirmed=confirmed,
        )  # fmt: skip
        return ProposalDocument(revision=revision, reach=Reach(programmed=1, edges=1), warnings=())

    def plan_of(self, confirmed: tuple[str, ...]) -> PlanDocument:
        """The plan that all texts have."""
        verdict = "sound" if set(confirmed) >= {each.code for each in make_plan().dangers} else "confirm"
        return make_plan().model_copy(update={"confirmed": confirmed, "verdict": verdict})

    async def end_mitigation(self, author: str, mitigation: MitigationId) -> EndedMitigationDocument | Refusal:
        ended = self.live.end(author, mitigation)
        return ended or Refusal(RefusalCode.MITIGATION_ENDED, f"{mitigation} has ended already")


class FakeTokens:
    """Three tokens whose secrets are their names."""

    def __init__(self) -> None:
        self.known = {
            name: Token(
                id=f"{i:08x}",
                name=name,
                role=role,
                tenant="acme" if role is Role.OWNER else None,
                created_at=0.0,
            )
            for i, (name, role) in enumerate(
                [("ann", Role.OPERATOR), ("vic", Role.VIEWER), ("olga", Role.OWNER), ("adm", Role.ADMIN)]
            )
        }

    def find(self, secret: str) -> Token | None:
        return self.known.get(secret)

    def get(self, token_id: str) -> Token | None:
        return next((token for token in self.known.values() if token.id == token_id), None)
