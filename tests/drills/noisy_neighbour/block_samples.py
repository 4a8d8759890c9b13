"""Made-up measurements for tests of what is concluded from them."""

import numpy as np

from holdfast.drills.instruments import check_lateness
from holdfast.drills.instruments.load_result import RECORD_DTYPE, Records
from holdfast.drills.noisy_neighbour.blocks import Block, Side
from holdfast.drills.noisy_neighbour.measures import Pairs

BLOCK_S = 3.0
FLOOD_S = 3.5


def make_records(count: int, latency_ms: float = 5.0, failed: int = 0) -> Records:
    """Evenly spread requests, the first of which failed; p99 is at most 2 % above `latency_ms`."""
    records = np.zeros(count, RECORD_DTYPE)
    records["intended_s"] = np.linspace(0, BLOCK_S, count, endpoint=False)
    records["latency_ms"] = latency_ms * np.linspace(1, 1.02, count)
    records["status"] = 200
    records["status"][:failed] = -3
    records["latency_ms"][:failed] = np.inf
    return records


def make_block(latency_ms: float = 5.0, failed: int = 0, flooded: bool = False, served: float = 0.1) -> Block:
    """A block of 1,700 bystanders' requests; of the flood's 1,470 a second, a share is served."""
    bystanders = make_records(1_700, latency_ms, failed)
    flood = make_records(int(1_470 * FLOOD_S) if flooded else 0)
    flood["status"][int(served * len(flood)) :] = 429
    return Block(BLOCK_S, FLOOD_S, bystanders, make_records(90), flood, 0.2, check_lateness(bystanders))


def make_pairs(count: int = 8, solo_ms: float = 5.0, flood_ms: float = 5.0, failed: int = 0) -> Pairs:
    """So many pairs of blocks, alike."""
    solo = [make_block(solo_ms) for _ in range(count)]
    flood = [make_block(flood_ms, failed, flooded=True) for _ in range(count)]
    return Pairs(Side(solo), Side(flood))
