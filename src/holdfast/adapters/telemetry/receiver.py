"""The agent's own server for what its Envoy pushes: counts, and samples of the access log."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Final

import grpc
from envoy.data.accesslog.v3 import accesslog_pb2
from envoy.service.accesslog.v3 import als_pb2

from holdfast.adapters.telemetry.otlp import Export, read_export

if TYPE_CHECKING:  # generic in its stub alone
    ExportContext = grpc.aio.ServicerContext[bytes, bytes]
    ExportHandler = grpc.RpcMethodHandler[bytes, bytes]
    SamplesHandler = grpc.RpcMethodHandler[als_pb2.StreamAccessLogsMessage, bytes]
    SamplesContext = grpc.aio.ServicerContext[als_pb2.StreamAccessLogsMessage, bytes]

_log = logging.getLogger(__name__)
MESSAGE_BYTES_MAX: Final = 32 * 1024 * 1024
"""The largest export that is taken: that of 200,000 counters which all rose."""
STREAMS_MAX: Final = 64

Entries = Sequence[accesslog_pb2.HTTPAccessLogEntry]


class TelemetryReceiver:
    """Serves on a UNIX socket; what comes is handed over in the event loop, in order."""

    def __init__(
        self, socket: str, on_export: Callable[[Export], None], on_entries: Callable[[str, Entries], None]
    ) -> None:
        self._socket = socket
        self._on_export = on_export
        self._on_entries = on_entries
        self._server: grpc.aio.Server | None = None

    async def start(self) -> None:
        """Begin to serve; OSError if the socket can't be had."""
        server = grpc.aio.server(
            options=(("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),), maximum_concurrent_rpcs=STREAMS_MAX
        )
        export: ExportHandler = grpc.unary_unary_rpc_method_handler(self._export)
        samples: SamplesHandler = grpc.stream_unary_rpc_method_handler(
            self._sample, request_deserializer=als_pb2.StreamAccessLogsMessage.FromString
        )
        metrics_service = "opentelemetry.proto.collector.metrics.v1.MetricsService"
        log_service = "envoy.service.accesslog.v3.AccessLogService"
        server.add_generic_rpc_handlers(
            (
                grpc.method_handlers_generic_handler(metrics_service, {"Export": export}),
                grpc.method_handlers_generic_handler(log_service, {"StreamAccessLogs": samples}),
            )
        )
        try:
            server.add_insecure_port(f"unix:{self._socket}")
        except RuntimeError as error:
            raise OSError(f"can't take telemetry on {self._socket}: {error}") from error
        await server.start()
        self._server = server

    async def stop(self) -> None:
        """End every stream and free the socket."""
        server, self._server = self._server, None
        if server:
            await server.stop(grace=None)

    async def _export(self, message: bytes, _context: "ExportContext") -> bytes:
        try:
            self._on_export(read_export(message))
        except ValueError as error:
            _log.warning("an export was left out: %s", error)
        return b""

    async def _sample(
        self, messages: AsyncIterator[als_pb2.StreamAccessLogsMessage], _context: "SamplesContext"
    ) -> bytes:
        name = ""
        async for message in messages:
            name = message.identifier.log_name or name
            self._on_entries(name, message.http_logs.log_entry)
            await asyncio.sleep(0)
        return b""
