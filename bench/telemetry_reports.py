"""The command `python -m bench.telemetry_reports SOCKET`: reports that everything changed, four times a second.

What an agent would tell control of an edge with 10,000 services if every count of every service changed each time,
and as many requests were sampled as ever are.
"""

from __future__ import annotations

import asyncio
import sys
import time

import numpy as np

from holdfast.adapters.telemetry.uplink import TelemetryUplink
from holdfast.model.sample import SampledRequest
from holdfast.model.telemetry import METRICS, EdgeReport

SERVICES = 10_000
EDGE = "edge-1"
TICK_S = 0.25
SAMPLES_PER_S = 1_100


async def report_everything(socket: str) -> None:
    """Until the process is ended."""
    uplink = TelemetryUplink(f"unix:{socket}", EDGE, _find_nothing)
    task = asyncio.create_task(uplink.run())
    services = tuple(f"service-{n}" for n in range(SERVICES))
    random = np.random.default_rng(1)
    sequence = 0
    while not task.done():
        sequence += 1
        counts = random.integers(1, 1_000, (SERVICES, METRICS))
        in_flight = random.integers(0, 10, SERVICES)
        now = time.time()
        uplink.tell(EdgeReport(EDGE, "1", sequence, now - TICK_S, now, services, counts, in_flight))
        uplink.tell([_sample(now, f"service-{n}") for n in range(round(SAMPLES_PER_S * TICK_S))])
        await asyncio.sleep(TICK_S)


def _sample(at: float, service: str) -> SampledRequest:
    return SampledRequest(
        at, EDGE, service, "0" * 36, "192.0.2.7", "GET", "/a/b/c", "x" * 80, "", status=200, cause="", duration_s=0.02
    )


async def _find_nothing(_request_id: str) -> tuple[()]:
    return ()


if __name__ == "__main__":
    asyncio.run(report_everything(sys.argv[1]))
