"""The delta ADS client: an agent's side of its stream to control."""

import asyncio
from collections.abc import AsyncIterator, Callable

import grpc
from envoy.service.discovery.v3 import discovery_pb2

from holdfast.adapters.xds.messages import Request, Response
from holdfast.adapters.xds.session import SENDING_ORDER
from holdfast.adapters.xds.wire import ADS_METHOD, GRPC_OPTIONS, read_response, write_request
from holdfast.model.resource import ResourceType

Versions = Callable[[ResourceType], tuple[tuple[str, str], ...]]
"""What this side has of a type: names and versions, so that nothing is sent again."""


class AdsClient:
    """One stream to an ADS server. `answer` is called later, when the edge has taken or refused a response."""

    def __init__(self, address: str, node_id: str) -> None:
        self._address = address
        self._node_id = node_id
        self._outbox: asyncio.Queue[Request] = asyncio.Queue()

    def answer(self, response: Response, error: str | None) -> None:
        """ACK a response, or NACK it with the edge's words."""
        self._outbox.put_nowait(Request(response.type, nonce=response.nonce, error=error))

    async def follow(self, versions: Versions, take: Callable[[Response], None]) -> None:
        """Subscribe to everything and hand over each response, until the stream breaks (ConnectionError)."""
        self._outbox = asyncio.Queue()
        for resource_type in SENDING_ORDER:
            self._outbox.put_nowait(Request(resource_type, subscribe=("*",), initial_versions=versions(resource_type)))
        try:
            async with grpc.aio.insecure_channel(self._address, options=GRPC_OPTIONS) as channel:
                call = channel.stream_stream(
                    ADS_METHOD,
                    request_serializer=discovery_pb2.DeltaDiscoveryRequest.SerializeToString,
                    response_deserializer=discovery_pb2.DeltaDiscoveryResponse.FromString,
                )(self._requests())
                async for message in call:
                    take(read_response(message))
        except grpc.aio.AioRpcError as error:
            raise ConnectionError(error.details()) from error
        raise ConnectionError("control closed the stream")

    async def _requests(self) -> AsyncIterator[discovery_pb2.DeltaDiscoveryRequest]:
        while True:
            yield write_request(self._node_id, await self._outbox.get())
