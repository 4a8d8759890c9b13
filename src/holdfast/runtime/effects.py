"""What a change would do to requests: recorded ones are put through the old and the new configuration.

Both are booted in scratch Envoys whose upstreams are all one stub, so no recorded request reaches anybody.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import h11

from holdfast.compile import REHEARSED_HEADER, rehearse_effects
from holdfast.model.edge import Nack
from holdfast.model.intent import Intent
from holdfast.model.recorded import RecordedRequest
from holdfast.model.resource import Snapshot
from holdfast.model.upstream import Upstream
from holdfast.rollout.hosts import find_service, index_hosts
from holdfast.rollout.outcomes import Headers, Outcome
from holdfast.runtime.effect_stub import EffectStub
from holdfast.runtime.scratch_envoy import boot_scratch_envoy
from holdfast.runtime.spelling import spell_request

CONNECTIONS: Final = 8
ANSWER_S_MAX: Final = 10.0
BODY_BYTES_MAX: Final = 8 * 1024 * 1024
"""Bodies that were larger are tried as large as this."""
SEEN_HEADER: Final = "x-holdfast-seen"
_UNTOLD: Final = frozenset(
    {REHEARSED_HEADER, SEEN_HEADER, "x-request-id", "date", "content-length", "x-envoy-upstream-service-time",
     "x-forwarded-proto", "x-forwarded-for", "x-envoy-expected-rq-timeout-ms", "host", "x-envoy-original-path",
     "x-envoy-attempt-count", "x-padding", "connection"}
)  # fmt: skip
"""Headers that are another every time, or that say what is compared by itself."""


class EffectsUnknown(Exception):
    """A scratch Envoy wouldn't come up with a configuration, or didn't answer: what it does can't be told."""

    def __init__(self, why: str, nacks: Sequence[Nack] = ()) -> None:
        super().__init__(why)
        self.nacks = tuple(nacks)


class EffectTrials:
    """Tries requests on configurations, each in a scratch Envoy in a folder of its own below `folder`."""

    def __init__(self, folder: Path, binary: Callable[[], Path]) -> None:
        self._folder = folder
        self._binary = binary

    async def try_requests(
        self,
        name: str,
        intent: Intent,
        snapshot: Snapshot,
        services: Collection[str],
        requests: Sequence[RecordedRequest],
    ) -> tuple[Outcome, ...]:
        """What becomes of each request under an intent, compiled as `snapshot`; only these services are booted.

        `name` tells trials apart that run at a time. EffectsUnknown if it can't be told.
        """
        folder = self._folder / name
        listen, stub = folder / "listen.sock", self._folder / f"{name}.stub.sock"
        rehearsed = rehearse_effects(snapshot, services, str(listen), str(stub))
        stub.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        stub.unlink(missing_ok=True)
        booting = boot_scratch_envoy(rehearsed, folder, self._binary, upstreams_unreachable=False)
        async with EffectStub(stub, _named_headers(intent, services)), booting as nacks:
            if nacks:
                raise EffectsUnknown(nacks[0].message, nacks)
            return await _ask_all(listen, intent, requests)


def _named_headers(intent: Intent, services: Collection[str]) -> Iterator[str]:
    """All headers of answers that routes edit: the stub sends them, so that it shows."""
    for name in services:
        for route in intent.services[name].service.routes if name in intent.services else ():
            yield from (header.lower() for header in route.response_headers.remove)
            yield from (header.lower() for header in route.response_headers.set)


async def _ask_all(listen: Path, intent: Intent, requests: Sequence[RecordedRequest]) -> tuple[Outcome, ...]:
    outcomes: dict[int, Outcome] = {}
    failures: list[Exception] = []
    hosts = index_hosts(intent)
    waiting = iter(enumerate(requests))

    async def ask_some() -> None:
        for index, request in waiting:
            try:
                outcome = _read_outcome(intent, *await _ask(listen, request))
            except (OSError, TimeoutError, h11.ProtocolError) as failure:
                failures.append(failure)
            if failures:
                return
            outcomes[index] = replace(outcome, service=find_service(hosts, request.host))

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(ask_some())
    if failures:
        raise EffectsUnknown(f"a scratch edge didn't answer: {failures[0]!r}") from failures[0]
    return tuple(outcomes[index] for index in range(len(requests)))


async def _ask(listen: Path, request: RecordedRequest) -> tuple[h11.Response, bytes]:
    async with asyncio.timeout(ANSWER_S_MAX):
        reader, writer = await asyncio.open_unix_connection(listen)
        try:
            connection = h11.Connection(h11.CLIENT)
            for part in spell_request(request, BODY_BYTES_MAX):
                writer.write(connection.send(part) or b"")
            return await _read_answer(connection, reader)
        finally:
            writer.close()


async def _read_answer(connection: h11.Connection, reader: asyncio.StreamReader) -> tuple[h11.Response, bytes]:
    answer, body = None, b""
    while not isinstance(event := connection.next_event(), h11.EndOfMessage | h11.ConnectionClosed):
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65_536))
        elif isinstance(event, h11.Response):
            answer = event
        elif isinstance(event, h11.Data):
            body += event.data
    if answer is None:
        raise ConnectionError("it hung up")
    return answer, body


def _read_outcome(intent: Intent, answer: h11.Response, body: bytes) -> Outcome:
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers]
    told = dict(headers)
    answered = _tell(headers)
    if SEEN_HEADER not in told:
        is_refusal = told.get("content-type") == "application/problem+json"
        return Outcome(
            status=answer.status_code,
            service=None,
            cause=told.get("x-holdfast-cause", ""),
            answered=tuple(pair for pair in answered if pair[0] != "x-holdfast-cause"),
            body="" if is_refusal else hashlib.sha256(body).hexdigest()[:16],
        )
    seen = json.loads(told[SEEN_HEADER])
    sent = dict(seen["headers"])
    route, _, cluster = sent[REHEARSED_HEADER].partition(" ")
    upstream = _find_upstream(intent, cluster)
    return Outcome(
        status=answer.status_code,
        service=None,
        route=route,
        endpoints=tuple(sorted(upstream.addresses)),
        protocol=upstream.protocol,
        path=seen["path"],
        host=sent["host"],
        sent=_tell(seen["headers"]),
        answered=answered,
    )


def _tell(headers: Sequence[Sequence[str]]) -> Headers:
    return tuple(sorted((name.lower(), value) for name, value in headers if name.lower() not in _UNTOLD))


def _find_upstream(intent: Intent, cluster: str) -> Upstream:
    service, _, name = cluster.partition("~")
    stated = intent.services[service].service
    return stated.upstreams[name] if name else stated.upstream
