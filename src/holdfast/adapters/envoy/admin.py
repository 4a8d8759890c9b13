"""Envoy's admin interface, over its UNIX socket."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx


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

    async def config_dump(self, resource: str) -> dict[str, Any]:
        """One part of the configuration in force, such as `dynamic_listeners`."""
        found: dict[str, Any] = (await self._get("/config_dump", {"resource": resource})).json()
        return found

    async def _get(self, path: str, params: dict[str, str]) -> httpx.Response:
        try:
            response = await self._client.get(path, params=params)
            response.raise_for_status()
        except httpx.HTTPError as error:
            raise ConnectionError(f"Envoy's admin interface: {error!r}") from error
        return response
