"""Asks one cluster how it is, through an edge: as its clients are answered, and by nobody in its place."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from holdfast.agent.settings import inner_socket
from holdfast.compile import names
from holdfast.model.inner import CAUSE_HEADER, INNER_HEADER
from holdfast.model.route import Probe
from holdfast.recover.readiness.answers import Reply

ANSWER_S_MAX: Final = 5.0
SILENT_MAX: Final = 2
"""How many edges may give no answer before it is the cluster's fault: one of them may itself be hung."""
BODY_BYTES_MAX: Final = 65_536
"""More of an answer isn't read: what is looked for is a status, a few headers, or a number."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The probe didn't come to the cluster: its path leads to another, or it was refused by a mitigation or limit."""

    why: str


async def ask_cluster(folders: Sequence[Path], cluster: str, host: str, probe: Probe) -> Reply | Elsewhere | None:
    """What a cluster answers, by the first edge that does; None for no answer. `folders` are those of edges."""
    silent = 0
    for folder in folders:
        transport = httpx.AsyncHTTPTransport(uds=str(inner_socket(folder)))
        async with httpx.AsyncClient(transport=transport, timeout=ANSWER_S_MAX, trust_env=False) as client:
            headers = {**dict(probe.headers), "host": probe.host or host, INNER_HEADER: names.probe_of(cluster)}
            request = client.build_request(probe.method, f"http://edge{probe.path}", headers=headers)
            try:
                async with asyncio.timeout(ANSWER_S_MAX):
                    return await _ask(client, request, cluster)
            except httpx.ConnectError:
                continue
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
                silent += 1
                if silent == SILENT_MAX:
                    break
    return None if silent else Elsewhere("no edge can be asked")


async def _ask(client: httpx.AsyncClient, request: httpx.Request, cluster: str) -> Reply | Elsewhere:
    answer = await client.send(request, stream=True)
    try:
        body = b""
        async for part in answer.aiter_raw():
            body += part
            if len(body) >= BODY_BYTES_MAX:
                break
    finally:
        await answer.aclose()
    return read_answer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, body, cluster)


def read_answer(status: int, headers: dict[str, str], body: bytes, cluster: str) -> Reply | Elsewhere:
    """Whether an answer is the cluster's; what an edge says for want of one counts as its own."""
    cause = headers.get(CAUSE_HEADER, "")
    if cause and not cause.startswith("upstream."):
        return Elsewhere(f"an edge refused the question: {cause}")
    if headers.get(names.PROBED_HEADER) != cluster and not cause:
        return Elsewhere("its path leads elsewhere")
    return Reply(status, headers, body[:BODY_BYTES_MAX])
