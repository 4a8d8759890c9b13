"""A real Envoy that answers of itself and writes an access log."""

import http.client
import json
from pathlib import Path
from typing import Any

import httpx

from edge.running import until
from edge.upstream import free_port
from holdfast.adapters.envoy.binary import find_envoy
from holdfast.adapters.envoy.process import start_envoy

_TYPE = "type.googleapis.com/envoy.extensions."
JSON_FORMAT = {
    "at": "%START_TIME(%s.%3f)%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "method": "%REQ(:METHOD)%",
    "path": "%REQ(:PATH)%",
    "status": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
    "upstream": "%UPSTREAM_HOST%",
    "duration_ms": "%DURATION%",
    "user_agent": "%REQ(USER-AGENT)%",
}
COMBINED_FORMAT = (
    "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% - - [%START_TIME(%d/%b/%Y:%H:%M:%S %z)%] "
    '"%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%" %RESPONSE_CODE% %BYTES_SENT% "%REQ(REFERER)%" "%REQ(USER-AGENT)%" '
    "request_id=%REQ(X-REQUEST-ID)% duration_ms=%DURATION%\n"
)


class LoggingEnvoy:
    """Answers 200 to everything; every request's id is the client's."""

    def __init__(self, folder: Path, log_format: dict[str, Any]) -> None:
        self.port, self._folder = free_port(), folder
        self.log = folder / "access.log"
        self.process = start_envoy(find_envoy(), _bootstrap(self.port, folder, self.log, log_format), folder, workers=1)
        try:
            until(self._is_ready, "Envoy is ready")
        except AssertionError:
            self.process.stop()
            raise

    def stop(self) -> None:
        self.process.stop()

    async def reopen(self) -> None:
        """Have the log opened anew, and with it what is buffered written down."""
        transport = httpx.AsyncHTTPTransport(uds=str(self._folder / "admin.sock"))
        async with httpx.AsyncClient(transport=transport, base_url="http://envoy", timeout=10) as client:
            try:
                (await client.post("/reopen_logs")).raise_for_status()
            except httpx.HTTPError as error:
                raise ConnectionError(str(error)) from error

    def ask(self, *request_ids: str, path: str = "/") -> None:
        """Send a request for each id, on one connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        for request_id in request_ids:
            connection.request("GET", path, headers={"x-request-id": request_id, "user-agent": "test/1"})
            assert connection.getresponse().read() == b"ok"
        connection.close()

    def _is_ready(self) -> bool:
        assert self.process.is_alive(), (self._folder / "envoy.log").read_text()
        try:
            self.ask("ready")
        except OSError:
            return False
        return True


def _bootstrap(port: int, folder: Path, log: Path, log_format: dict[str, Any]) -> dict[str, Any]:
    answer = {"status": 200, "body": {"inline_string": "ok"}}
    manager = {
        "@type": f"{_TYPE}filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "edge",
        "preserve_external_request_id": True,
        "access_log": [
            {
                "name": "file",
                "typed_config": {
                    "@type": f"{_TYPE}access_loggers.file.v3.FileAccessLog",
                    "path": str(log),
                    "log_format": log_format,
                },
            }
        ],
        "route_config": {
            "virtual_hosts": [
                {"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "direct_response": answer}]}
            ]
        },
        "http_filters": [{"name": "router", "typed_config": {"@type": f"{_TYPE}filters.http.router.v3.Router"}}],
    }
    listener = {
        "name": "edge",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    return {
        "admin": {"address": {"pipe": {"path": str(folder / "admin.sock")}}},
        "static_resources": {"listeners": [json.loads(json.dumps(listener))]},
    }
