"""The delta ADS server: over a socket, one `Session` for each stream."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
from envoy.service.discovery.v3 import discovery_pb2

from holdfast.adapters.xds.account import Account
from holdfast.adapters.xds.group import ResourceGroup
from holdfast.adapters.xds.messages import Outcome
from holdfast.adapters.xds.session import Filter, Session
from holdfast.adapters.xds.wire import GRPC_OPTIONS, read_request, write_response
from holdfast.model.resource import SnapshotDelta

Requests = AsyncIterator[discovery_pb2.DeltaDiscoveryRequest]
Responses = AsyncIterator[discovery_pb2.DeltaDiscoveryResponse]
if TYPE_CHECKING:  # generic in its stub alone
    Context = grpc.aio.ServicerContext[discovery_pb2.DeltaDiscoveryRequest, discovery_pb2.DeltaDiscoveryResponse]


@dataclass(frozen=True)
class Subscriber:
    """What the peer on a stream is served, and who hears of it."""

    group: ResourceGroup
    visible: Filter | None = None
    account: Account | None = None
    on_connect: Callable[[Session], None] = lambda _session: None
    on_outcome: Callable[[Session, Outcome], None] = lambda _session, _outcome: None
    on_disconnect: Callable[[Session], None] = lambda _session: None


Admission = Callable[[str], Subscriber | None]
"""Who a node id is served as; None turns it away."""


class AdsServer:
    """Serves delta ADS on an address such as `unix:/run/holdfast/xds.sock`."""

    def __init__(self, address: str, admit: Admission) -> None:
        self._address = address
        self._admit = admit
        self._server: grpc.aio.Server | None = None

    async def start(self) -> None:
        """Begin to serve; OSError if the address can't be had."""
        handler = grpc.stream_stream_rpc_method_handler(
            self._stream,
            request_deserializer=discovery_pb2.DeltaDiscoveryRequest.FromString,
            response_serializer=discovery_pb2.DeltaDiscoveryResponse.SerializeToString,
        )
        service = "envoy.service.discovery.v3.AggregatedDiscoveryService"
        server = grpc.aio.server(options=GRPC_OPTIONS)
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(service, {"DeltaAggregatedResources": handler}),)
        )
        try:
            server.add_insecure_port(self._address)
        except RuntimeError as error:
            raise OSError(f"can't serve xDS on {self._address}: {error}") from error
        await server.start()
        self._server = server

    async def stop(self) -> None:
        """End every stream and free the address."""
        if self._server:
            await self._server.stop(grace=None)

    async def _stream(self, requests: Requests, context: "Context") -> Responses:
        first = await anext(aiter(requests), None)
        subscriber = self._admit(first.node.id) if first else None
        if first is None or subscriber is None:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "this node isn't known here")
        async for response in _converse(subscriber, first, requests):
            yield response


async def _converse(
    subscriber: Subscriber, first: discovery_pb2.DeltaDiscoveryRequest, requests: Requests
) -> Responses:
    session = Session(subscriber.group, visible=subscriber.visible, account=subscriber.account)
    wake = asyncio.Event()

    def on_change(delta: SnapshotDelta) -> None:
        session.on_change(delta)
        wake.set()

    unfollow = subscriber.group.follow(on_change)
    subscriber.on_connect(session)
    reader = asyncio.ensure_future(_read(subscriber, session, first, requests, wake))
    try:
        while not reader.done():
            wake.clear()
            for response in session.responses():
                yield write_response(response)
            await wake.wait()
    finally:
        unfollow()
        reader.cancel()
        subscriber.on_disconnect(session)


async def _read(
    subscriber: Subscriber,
    session: Session,
    first: discovery_pb2.DeltaDiscoveryRequest,
    requests: Requests,
    wake: asyncio.Event,
) -> None:
    try:
        _take(subscriber, session, first)
        wake.set()
        async for message in requests:
            _take(subscriber, session, message)
            wake.set()
    finally:
        wake.set()


def _take(subscriber: Subscriber, session: Session, message: discovery_pb2.DeltaDiscoveryRequest) -> None:
    request = read_request(message)
    if request is None:
        return
    if outcome := session.on_request(request):
        subscriber.on_outcome(session, outcome)
