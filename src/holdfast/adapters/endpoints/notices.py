"""Asks a machine's metadata service whether its provider takes the machine back, in the forms of the large clouds."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self

import httpx

from holdfast.model.recovery import Reclaims

SIZE_MAX: Final = 16_384
TIMEOUT_S: Final = 2.0
"""For each step of a request: such a service is near, or not there."""
WHOLE_S: Final = 4.0
AWS_TOKEN: Final = "/latest/api/token"  # noqa: S105 - a path
AWS_ACTION: Final = "/latest/meta-data/spot/instance-action"
AWS_REBALANCE: Final = "/latest/meta-data/events/recommendations/rebalance"
GCP_PREEMPTED: Final = "/computeMetadata/v1/instance/preempted"
_GCP_HEADERS: Final = {"Metadata-Flavor": "Google"}


class NoticeUnreadable(Exception):
    """A machine couldn't be asked, or its answer isn't of the form that was expected. That says nothing about it."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A machine is taken back: `at` that time (Unix, in seconds), None where only that is said."""

    at: float | None = None


class NoticeReader:
    """Asks machines whether they are taken back. Used in one event loop."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False)
        self._shapes: Mapping[str, Callable[[str], Awaitable[Notice | None]]] = {
            "aws": self._ask_aws,
            "gcp": self._ask_gcp,
        }

    async def __aenter__(self) -> Self:
        """For as long as the block lasts."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes its connections."""
        await self._client.aclose()

    async def read(self, reclaims: Reclaims, host: str) -> Notice | None:
        """What the machine at an address says; None if it stays. NoticeUnreadable if that can't be known."""
        shown = f"[{host}]" if ":" in host else host
        base = reclaims.url.replace("{host}", shown).rstrip("/")
        try:
            async with asyncio.timeout(WHOLE_S):
                return await self._shapes[reclaims.shape](base)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise NoticeUnreadable(f"{host} can't be asked: {type(error).__name__}") from None
        except (ValueError, KeyError, TypeError, RecursionError):
            raise NoticeUnreadable(f"{host} answers in an unknown form") from None

    async def _ask_aws(self, base: str) -> Notice | None:
        """Spot instances: what is decided comes before what is only recommended."""
        ttl = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
        status, token = await self._ask("PUT", base + AWS_TOKEN, ttl)
        headers = {"X-aws-ec2-metadata-token": token.strip()} if status == httpx.codes.OK else {}
        status, text = await self._ask("GET", base + AWS_ACTION, headers)
        if status == httpx.codes.OK:
            return Notice(_read_time(_read_mapping(text)["time"]))
        _expect_none(status)
        status, text = await self._ask("GET", base + AWS_REBALANCE, headers)
        if status == httpx.codes.OK:
            _read_time(_read_mapping(text)["noticeTime"])
            return Notice()
        _expect_none(status)
        return None

    async def _ask_gcp(self, base: str) -> Notice | None:
        status, text = await self._ask("GET", base + GCP_PREEMPTED, _GCP_HEADERS)
        if status != httpx.codes.OK:
            raise ValueError(f"status {status}")
        return {"TRUE": Notice(), "FALSE": None}[text.strip()]

    async def _ask(self, method: str, url: str, headers: Mapping[str, str]) -> tuple[int, str]:
        async with self._client.stream(method, url, headers=headers) as answer:
            data = bytearray()
            async for part in answer.aiter_bytes():
                data += part
                if len(data) > SIZE_MAX:
                    raise ValueError("too long")
        return answer.status_code, data.decode()


def _expect_none(status: int) -> None:
    if status != httpx.codes.NOT_FOUND:
        raise ValueError(f"status {status}")


def _read_mapping(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise TypeError("not a mapping")
    return found


def _read_time(text: object) -> float:
    """Unix time of an instant in the form of RFC 3339; UTC where it says nothing else."""
    at = datetime.fromisoformat(str(text))
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
