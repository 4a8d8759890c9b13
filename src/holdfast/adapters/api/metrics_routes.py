"""Metrics for Prometheus."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse

from holdfast.adapters.api.access import Viewer

TEXT_FORMAT: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus' text format."""
RenderMetrics = Callable[[], Awaitable[bytes]]
"""Writes the page."""
router = APIRouter()


async def _render(request: Request) -> RenderMetrics:
    render: RenderMetrics = request.app.state.render_metrics
    return render


@router.get("/metrics", response_class=PlainTextResponse)
async def show_metrics(_viewer: Viewer, render: Annotated[RenderMetrics, Depends(_render)]) -> PlainTextResponse:
    """Counters and gauges of everything, in Prometheus' text format."""
    return PlainTextResponse(await render(), media_type=TEXT_FORMAT)
