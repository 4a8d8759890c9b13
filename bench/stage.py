"""What every benchmark of a proxy stands on: the cores, an upstream that answers at once, and one measured block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.samples import read_cpu_s
from holdfast.drills.instruments import HostLoad, LoadPlan, Placement, RateWindow, UpstreamOptions, start_load
from holdfast.drills.stage.machine import divide_cores
from holdfast.model.intent import Intent
from holdfast.model.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from holdfast.drills.instruments import LoadResult

LOCATION = "bench"
HOST = "s.example"
CORES = divide_cores()
UNHURRIED = Placement(CORES.rest)
INSTANT = UpstreamOptions(cap=1024, answer_ms=0)
SOURCES = 8
CONNECTIONS_MAX = 64
PLENTY = 1_000_000.0


class WrongAnswers(Exception):
    """Requests weren't answered as the benchmark supposes, so it would measure something else."""


@dataclass(frozen=True, slots=True)
class Requests:
    """What a block sends: `rps` of these for `seconds`, and the status that each answer must have."""

    rps: float
    seconds: float
    status: int = 200
    host: str = HOST
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None


def intend(port: int, upstream_port: int, *, platform: Mapping[str, Any] | None = None, **service: Any) -> Intent:
    """A platform of one edge and one service under all default protections, its limits above what a block sends."""
    upstream = {"endpoints": [f"127.0.0.1:{upstream_port}"]}
    limits = {"requests": PLENTY, "per_client": {"requests": PLENTY}}
    declared = {
        "holdfast": 1,
        "name": "bench",
        "clients": {"trusted_proxies": []},
        "locations": {
            LOCATION: {
                "edges": [{"name": "edge-1", "listen": f"127.0.0.1:{port}"}],
                "capacity": {"in_flight": 1000, "requests": PLENTY},
            }
        },
        "bounds": {"requests_max": PLENTY, "burst_max": 2_000_000, "per_client_max": PLENTY},
        "tenants": {"t": {"services": {"s": {"hosts": [HOST], "upstream": upstream, "limits": limits, **service}}}},
    }
    return Intent(Platform.model_validate(declared | dict(platform or {})))


def pin(cpus: frozenset[int]) -> list[str]:
    """What to put before a command so that it runs on these cores alone; nothing if none could be set apart."""
    return ["taskset", "-c", ",".join(map(str, sorted(cpus)))] if cpus else []


async def measure_cpu_us(port: int, pids: Sequence[int], requests: Requests) -> float:
    """Microseconds of processor time that the processes had for each request of a block. Raises WrongAnswers."""
    plan = LoadPlan(
        port,
        requests.seconds,
        (
            HostLoad(
                requests.host,
                (RateWindow(0, requests.seconds, requests.rps),),
                method=requests.method,
                headers=requests.headers,
                body=requests.body,
            ),
        ),
        sources=SOURCES,
        connections_max=CONNECTIONS_MAX,
    )
    before_s = sum(map(read_cpu_s, pids))
    result = await start_load(plan, UNHURRIED).wait_async()
    spent_s = sum(map(read_cpu_s, pids)) - before_s
    _check_answers(result, requests.status)
    return spent_s / len(result.records) * 1e6


def _check_answers(result: LoadResult, status: int) -> None:
    statuses = dict(result.summary.statuses)
    if statuses.get(status, 0) < 0.99 * len(result.records):
        raise WrongAnswers(f"expected {status} from port {result.plan.target_port}, got {statuses}")
