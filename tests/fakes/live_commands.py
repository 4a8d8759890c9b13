"""What may be done at the fake platform of the console, and who may do it."""

from dataclasses import dataclass, field

from fakes.live import FakeLive
from fakes.live_answers import predict
from holdfast.model.mitigation import Measure, MitigationId
from holdfast.model.prediction import Prediction, Verdict
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.token import Role, Token
from holdfast.views.mitigations import EndedMitigationDocument, MitigationDocument


@dataclass
class FakeOperations:
    """Commands that do what they say to a `FakeLive`."""

    live: FakeLive
    done: list[tuple[str, Measure, float, str, str | None, bool]] = field(default_factory=list)
    refusal: Refusal | None = None

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
