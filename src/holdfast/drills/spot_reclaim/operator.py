"""A machine's own word to control that it is taken back, and what control then says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from holdfast.drills.stage.control_api import ControlClient, ControlUnreachable
from holdfast.model.mitigation import Drain
from holdfast.views.endpoints import EndpointsDocument
from holdfast.views.mitigations import MitigationsDocument

if TYPE_CHECKING:
    from holdfast.runtime.state_dir import StateDir

ANSWER_S_MAX: Final = 20.0


class SpotOperator(ControlClient):
    """Announces machines, and looks at what is drained."""

    def __init__(self, places: StateDir) -> None:
        super().__init__(places, ANSWER_S_MAX)

    def announce(self, address: str, at: float) -> None:
        """Say that a machine is taken back at a time (Unix, in seconds). Raises ControlUnreachable."""
        answer = self._ask("POST", "/v1/reclaims", {"address": address, "at": at})
        if not answer.is_success:
            raise ControlUnreachable(f"POST /v1/reclaims: {answer.status_code} {answer.text[:300]}")

    def is_drained(self, address: str) -> bool:
        """Whether every edge that is connected sends nothing new to a machine. Raises ControlUnreachable."""
        return any(
            address in each.measure.endpoints and each.reach.programmed == each.reach.edges
            for each in self._read_mitigations().active
            if isinstance(each.measure, Drain)
        )

    def has_drains(self) -> bool:
        """Whether anything is drained. Raises ControlUnreachable."""
        return any(isinstance(each.measure, Drain) for each in self._read_mitigations().active)

    def count_known(self) -> int:
        """How many machines control knows. Raises ControlUnreachable."""
        told = EndpointsDocument.model_validate_json(self._ask("GET", "/v1/endpoints").content)
        return sum(len(cluster.endpoints) for cluster in told.clusters)

    def _read_mitigations(self) -> MitigationsDocument:
        return MitigationsDocument.model_validate_json(self._ask("GET", "/v1/mitigations").content)
