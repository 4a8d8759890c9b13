"""A revision on its way at the fake platform of the console, or none, or one that went back; in the test's hands."""

from collections.abc import Callable
from dataclasses import dataclass, field

from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.views.rollout import (
    FreezeDocument,
    RolledBackDocument,
    RolloutDocument,
    RolloutsDocument,
    WaveDocument,
    WaveState,
)

SIZES = (8, 40, 200, 152, 0)
"""Services by wave, as at a platform of four hundred; the last is what they share."""


@dataclass
class FakeRollouts:
    """Does what it is told, and remembers it."""

    clock: Callable[[], float]
    rollout: RolloutDocument | None = None
    rolled_back: RolledBackDocument | None = None
    frozen: FreezeDocument | None = None
    done: list[tuple[str, str, str]] = field(default_factory=list)
    for_s: float | None = None

    def begin(self, wave: int = 2, evidence: tuple[str, ...] = (), reason: str = "TLS 1.3 for all") -> None:
        """Have revision 13 on its way."""
        now = self.clock()
        states = [WaveState.DONE] * (wave - 1) + [WaveState.NOW] + [WaveState.TO_COME] * (len(SIZES) - wave)
        waves = tuple(
            WaveDocument(
                number=number,
                services=size,
                shared=not size,
                locations=("fra",) if number == 1 else None,
                state=state,
            )
            for number, (size, state) in enumerate(zip(SIZES, states, strict=True), start=1)
        )
        self.rollout = RolloutDocument(
            number=13, base=12, author="ann", reason=reason, began_at=now - 75.0, since=now - 12.0, wave=wave,
            waves=waves, reached=sum(SIZES[:wave]), services=sum(SIZES), bakes_s=18.0,
            waits_for="the wave to bake", evidence=evidence,
        )  # fmt: skip

    def roll_back(self, why: str = "12 % of requests fail where it is", *evidence: str) -> None:
        """Have it go back by itself."""
        self.rollout = None
        self.rolled_back = RolledBackDocument(
            number=13, at=self.clock(), why=why, author="holdfast", wave=2, evidence=evidence
        )

    def show(self) -> RolloutsDocument:
        return RolloutsDocument(
            now=self.clock(),
            in_force=12,
            proving=None,
            rollout=self.rollout,
            rolled_back=self.rolled_back,
            freeze=self.frozen,
        )

    async def pause(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        return self._change("pause", author, reason, paused=reason)

    async def resume(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        return self._change("resume", author, reason, paused="")

    async def promote(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        answer = self._change("promote", author, reason)
        if not isinstance(answer, Refusal):
            self.rollout = None
        return answer

    async def abort(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        answer = self._change("abort", author, reason)
        if not isinstance(answer, Refusal):
            self.roll_back(reason)
        return answer

    async def freeze(self, author: str, reason: str, for_s: float | None) -> FreezeDocument | Refusal:
        if not reason:
            return Refusal(RefusalCode.REASON_MALFORMED, "give a reason")
        self.done.append(("freeze", author, reason))
        until = None if for_s is None else self.clock() + for_s
        self.frozen = FreezeDocument(since=self.clock(), author=author, why=reason, until=until, remaining_s=for_s)
        return self.frozen

    async def thaw(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        self.done.append(("thaw", author, reason))
        self.frozen = None
        return self.show()

    def _change(self, what: str, author: str, reason: str, **changes: object) -> RolloutsDocument | Refusal:
        if self.rollout is None:
            return Refusal(RefusalCode.ROLLOUT_NONE, "no revision is rolling out")
        if not reason and what != "resume":
            return Refusal(RefusalCode.REASON_MALFORMED, "give a reason")
        self.done.append((what, author, reason))
        self.rollout = self.rollout.model_copy(update=changes)
        return self.show()
