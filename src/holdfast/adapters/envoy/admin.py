"""Envoy's admin interface, over its UNIX socket."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

CLUSTERS_ASKED_MAX = 300
"""How many clusters may be asked about at a time: each costs Envoy some 25 us, beside 8 ms for all of 10,000."""
_ACTIVE = re.compile(r"^([^:\n]+)::[^\n]+::rq_(?:pending_)?active::([1-9][0-9]*)$", re.MULTILINE)


class EnvoyAdmin:
    """Questions to one Envoy. ConnectionError if it doesn't answer."""

    def __init__(self, socket: Path, timeout_s: float = 2.0) -> None:
        transport = httpx.AsyncHTTPTransport(uds=str(socket))
        self._client = httpx.AsyncClient(transport=transport, base_url="http://envoy", timeout=timeout_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def is_ready(self) -> bool:
        """Whether it serves: all its listeners and clusters have come up."""
        try:
            return (await self._client.get("/ready")).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    async def stats(self, pattern: str) -> dict[str, int]:
        """Counters and gauges whose names match a regular expression."""
        body = await self._get("/stats", {"filter": pattern, "format": "json"})
        return {s["name"]: s["value"] for s in body.json()["stats"] if "value" in s}

    async def count_in_flight(self, services: Iterable[str]) -> dict[str, int]:
        """Requests of these services that are with an endpoint or wait for a connection; those with none are left out.

        At most `CLUSTERS_ASKED_MAX` of them at a time. A service's clusters bear its name, or that and a tilde.
        """
        answer = await self.describe_clusters(f"(?:{'|'.join(map(re.escape, services))})(?:~.*)?")
        counts: dict[str, int] = {}
        for cluster, count in _ACTIVE.findall(answer):
            service = cluster.partition("~")[0]
            counts[service] = counts.get(service, 0) + int(count)
        return counts

    async def describe_clusters(self, pattern: str) -> str:
        """What Envoy says of clusters whose names match a regular expression: lines of words divided by `::`."""
        return (await self._get("/clusters", {"filter": f"^(?:{pattern})$"})).text

    async def modify_runtime(self, values: Mapping[str, str]) -> None:
        """Set runtime keys, over all that configuration says; an empty value takes what was set here back."""
        await self._send("POST", "/runtime_modify", values)

    async def reopen_logs(self) -> None:
        """Have access logs written to files of their names again, after those were renamed."""
        await self._send("POST", "/reopen_logs", {})

    async def config_dump(self, resource: str) -> dict[str, Any]:
        """One part of the configuration in force, such as `dynamic_listeners`."""
        found: dict[str, Any] = (await self._get("/config_dump", {"resource": resource})).json()
        return found

    async def _get(self, path: str, params: Mapping[str, str]) -> httpx.Response:
        return await self._send("GET", path, params)

    async def _send(self, method: str, path: str, params: Mapping[str, str]) -> httpx.Response:
        try:
            response = await self._client.request(method, path, params=params)
            response.raise_for_status()
        except httpx.HTTPError as error:
            raise ConnectionError(f"Envoy's admin interface: {error!r}") from error
        return response
