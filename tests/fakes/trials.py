"""A place to try changes that knows which service has which host, and no more."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from holdfast.model.intent import Intent
from holdfast.model.recorded import RecordedRequest
from holdfast.model.resource import Snapshot
from holdfast.rollout.hosts import find_service, index_hosts
from holdfast.rollout.outcomes import Outcome
from holdfast.runtime.effects import EffectsUnknown


@dataclass
class FakeTrials:
    broken: bool = False
    """Scratch edges don't come up."""
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    """Nothing is answered before this is set; it is, unless a test clears it."""
    asked: list[RecordedRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.opened.set()

    async def try_requests(
        self,
        name: str,
        intent: Intent,
        snapshot: Snapshot,  # noqa: ARG002
        services: Collection[str],  # noqa: ARG002
        requests: Sequence[RecordedRequest],
    ) -> tuple[Outcome, ...]:
        await self.opened.wait()
        if self.broken:
            raise EffectsUnknown("no edge came up")
        if name == "new":
            self.asked.extend(requests)
        return tuple(answer(intent, request) for request in requests)


def answer(intent: Intent, request: RecordedRequest) -> Outcome:
    service = find_service(index_hosts(intent), request.host)
    if service is None:
        return Outcome(421, None, cause="unknown-host")
    endpoints = intent.services[service].service.upstream.addresses
    return Outcome(200, service, endpoints=endpoints, path=request.path, host=request.host)
