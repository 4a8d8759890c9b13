"""One GET request, bounded in time and in what is read of its answer."""

import asyncio
from typing import Final

import httpx
from pydantic import SecretStr

TIMEOUT_S: Final = 5.0
"""For each step of the request."""
WHOLE_S: Final = 10.0
READ_BYTES_MAX: Final = 65_536


class Unanswered(Exception):
    """It can't be had. The message holds no secrets."""


async def ask(url: SecretStr) -> str:
    """The beginning of what a URL answers; Unanswered unless that is 2xx. Redirects aren't followed."""
    data = bytearray()
    try:
        async with (
            asyncio.timeout(WHOLE_S),
            httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client,
            client.stream("GET", url.get_secret_value(), headers={"User-Agent": "holdfast"}) as answer,
        ):
            if not answer.is_success:
                raise Unanswered(f"it answers {answer.status_code}")
            async for part in answer.aiter_bytes():
                data += part
                if len(data) >= READ_BYTES_MAX:
                    break
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise Unanswered(f"it can't be reached: {type(error).__name__}") from None
    return data[:READ_BYTES_MAX].decode(errors="replace")
