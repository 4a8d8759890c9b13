"""What edges report, in the test's hands."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from holdfast.model.logged_request import LoggedRequest
from holdfast.model.sample import SampledRequest
from holdfast.model.telemetry import EdgeReport, Memory, Recollection


@dataclass
class FakeTelemetry:
    """Reports nothing by itself. `logged` is what access logs say, whatever is asked."""

    logged: list[LoggedRequest] = field(default_factory=list)
    listeners: list[tuple[Callable[[EdgeReport], None], Callable[[Sequence[SampledRequest]], None]]] = field(
        default_factory=list
    )

    def follow(
        self, on_report: Callable[[EdgeReport], None], on_samples: Callable[[Sequence[SampledRequest]], None]
    ) -> None:
        self.listeners.append((on_report, on_samples))

    @property
    def remembering(self) -> Mapping[str, Memory]:
        return {}

    async def recall(self, edge: str, began_at: float, ended_at: float, deadline_s: float) -> Recollection | None:  # noqa: ARG002
        return None

    async def find_requests(self, request_id: str, deadline_s: float) -> Sequence[LoggedRequest]:  # noqa: ARG002
        return [line for line in self.logged if line.request_id == request_id]
