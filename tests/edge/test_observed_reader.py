"""What would have been refused is asked of each edge; one that doesn't answer isn't one that counted nothing."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from edge.asking import ask
from edge.services import limits, service
from holdfast.runtime.observed import count_observed

if TYPE_CHECKING:
    from edge.running import RunningEdge
    from edge.upstream import Upstream


def test_edges_are_asked_and_the_silent_are_told_apart(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"read": service(upstream, mode="observe", limits=limits(1))})
    assert [ask(edge.address, "shop.example").status for _ in range(4)] == [200] * 4
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        there, gone = Path(folder) / "e1", Path(folder) / "e2"
        there.mkdir()
        (there / "admin.sock").symlink_to(edge.admin_socket)
        counts = asyncio.run(count_observed({"e1": there, "e2": gone}))
    assert counts["e2"] is None
    assert counts["e1"] is not None
    assert (counts["e1"]["read"].requests, counts["e1"]["read"].limited) == (4, 3)
