"""Control's public API, as somebody outside sees it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import httpx
from pydantic import TypeAdapter

from holdfast.drills.broken import DrillBroken
from holdfast.model.mitigation import Measure
from holdfast.views.components import ComponentDocument, ComponentsDocument
from holdfast.views.findings import FindingsDocument
from holdfast.views.mitigations import MitigationsDocument

if TYPE_CHECKING:
    from types import TracebackType

    from holdfast.runtime.state_dir import StateDir

TIMEOUT_S: Final = 10.0
_MEASURE: Final[TypeAdapter[Measure]] = TypeAdapter(Measure)


class ControlUnreachable(DrillBroken):
    """Control didn't answer, or not as its documentation says."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What came of a proposed mitigation: its id if it is in force; else the status and code of the refusal."""

    called_ns: int
    answered_ns: int
    id: str | None = None
    status: int = 201
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """What turns Unix times, in seconds, into moments of CLOCK_MONOTONIC."""

    unix_minus_monotonic_s: float

    @classmethod
    def read(cls) -> Self:
        """Of now; the two drift apart by less than a millisecond in a drill."""
        return cls(time.time() - time.monotonic())

    def to_ns(self, unix_s: float) -> int:
        """A moment of CLOCK_MONOTONIC, as `time.monotonic_ns()`."""
        return round((unix_s - self.unix_minus_monotonic_s) * 1e9)


class ControlClient:
    """A client with an operator's rights. As a context manager, its connection is closed afterwards."""

    def __init__(self, places: StateDir, answer_s_max: float) -> None:
        token = places.admin_token.read_text().strip()
        self._client = httpx.Client(
            base_url="http://control",
            transport=httpx.HTTPTransport(uds=str(places.socket)),
            headers={"Authorization": f"Bearer {token}"},
            timeout=answer_s_max,
        )

    def _ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        try:
            return self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise ControlUnreachable(f"{method} {path}: {error!r}") from error

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close its connection."""
        self._client.close()


class ControlApi(ControlClient):
    """What is found, mitigated and switched."""

    def __init__(self, places: StateDir) -> None:
        super().__init__(places, TIMEOUT_S)
        self._findings = FindingsDocument(open=(), closed=())
        self._findings_told = b""

    def read_findings(self) -> FindingsDocument:
        """All that the watch found. Raises ControlUnreachable."""
        told = self._get("/v1/findings")
        if told != self._findings_told:
            self._findings_told, self._findings = told, FindingsDocument.model_validate_json(told)
        return self._findings

    def read_mitigations(self) -> MitigationsDocument:
        """All that is mitigated, and lately was. Raises ControlUnreachable."""
        return MitigationsDocument.model_validate_json(self._get("/v1/mitigations"))

    def read_component(self, name: str) -> ComponentDocument:
        """How a component of Holdfast itself does. Raises ControlUnreachable."""
        document = ComponentsDocument.model_validate_json(self._get("/v1/components"))
        found = next((component for component in document.components if component.name == name), None)
        if found is None:
            raise ControlUnreachable(f"control knows no component {name}")
        return found

    def propose(self, measure: Measure, for_s: float, reason: str, *, force: bool = False) -> Proposal:
        """Propose a mitigation. Raises ControlUnreachable."""
        body = {"measure": _MEASURE.dump_python(measure, mode="json"), "for_s": for_s, "reason": reason}
        called = time.monotonic_ns()
        answer = self._ask("POST", "/v1/mitigations", body | ({"force": True} if force else {}))
        answered = time.monotonic_ns()
        told: dict[str, Any] = answer.json()
        if answer.is_success:
            return Proposal(called, answered, id=told["id"], status=answer.status_code)
        code, detail = str(told.get("code", "")), str(told.get("detail", ""))
        return Proposal(called, answered, status=answer.status_code, code=code, detail=detail)

    def end(self, mitigation: str) -> None:
        """End a mitigation; nothing if it has ended. Raises ControlUnreachable."""
        self._ask("DELETE", f"/v1/mitigations/{mitigation}")

    def _get(self, path: str) -> bytes:
        answer = self._ask("GET", path)
        if not answer.is_success:
            raise ControlUnreachable(f"GET {path}: {answer.status_code} {answer.text[:300]}")
        return answer.content
