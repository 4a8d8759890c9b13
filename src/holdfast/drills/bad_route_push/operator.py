"""Somebody who changes the platform through control's API, and looks at what comes of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from holdfast.drills.stage.control_api import ControlClient, ControlUnreachable
from holdfast.views.status import StatusDocument

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from holdfast.runtime.state_dir import StateDir
    from holdfast.views.edges import EdgeDocument

ANSWER_S_MAX: Final = 240.0
"""A plan and a proof take up to a minute each, and may have to wait for others."""
LOOK_S: Final = 0.1
UNCONFIRMED: Final = "unconfirmed"
_REVISIONS: Final = "/v1/revisions"


@dataclass(frozen=True, slots=True)
class Answer:
    """What control said to a revision: its number if it was taken, else why not."""

    status: int
    number: int | None
    code: str = ""
    detail: str = ""
    dangers: tuple[str, ...] = ()
    """Codes of what must be confirmed."""
    mistakes: tuple[str, ...] = ()
    """Codes of the file's mistakes."""


class Operator(ControlClient):
    """Plans and proposes revisions, and looks at what control says of itself."""

    def __init__(self, places: StateDir) -> None:
        super().__init__(places, ANSWER_S_MAX)

    def plan(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The verdict on what a file would do, and the codes of what would be dangerous. Raises ControlUnreachable."""
        told = _read(self._ask("POST", "/v1/plan", {"text": text, "file": "platform.yaml"}))
        return str(told["verdict"]), tuple(each["code"] for each in told["dangers"])

    def propose(self, text: str, confirmed: tuple[str, ...] = (), *, at_once: bool = False) -> Answer:
        """Hand in a platform file. Raises ControlUnreachable."""
        body = {"text": text, "file": "platform.yaml", "reason": "drill", "confirmed": confirmed, "at_once": at_once}
        answer = self._ask("POST", _REVISIONS, body)
        told: dict[str, Any] = answer.json()
        if answer.is_success:
            return Answer(answer.status_code, int(told["revision"]["number"]))
        dangers = tuple(dict.fromkeys(each["code"] for each in told.get("dangers", ())))
        mistakes = tuple(dict.fromkeys(each["code"] for each in told.get("diagnostics", ())))
        code, detail = str(told.get("code", "")), str(told.get("detail", ""))
        return Answer(answer.status_code, None, code, detail, dangers, mistakes)

    def propose_past_plan(self, text: str, confirmed: tuple[str, ...] = (), *, at_once: bool = False) -> Answer:
        """Hand in a file, and confirm whatever is dangerous about it. Raises ControlUnreachable."""
        answer = self.propose(text, confirmed, at_once=at_once)
        if answer.code == UNCONFIRMED:
            answer = self.propose(text, (*confirmed, *answer.dangers), at_once=at_once)
        return answer

    def abort_rollout(self) -> bool:
        """Take back what is on its way; whether there was anything. Raises ControlUnreachable."""
        return self._ask("POST", "/v1/rollout/abort", {"reason": "drill"}).is_success

    def read_status(self) -> StatusDocument:
        """One page of everything. Raises ControlUnreachable."""
        return StatusDocument.model_validate(_read(self._ask("GET", "/v1/status")))

    def await_status(self, is_so: Callable[[StatusDocument], bool], seconds_max: float) -> StatusDocument | None:
        """The first status that is so; None if none was in time. Raises ControlUnreachable."""
        deadline = time.monotonic() + seconds_max
        while time.monotonic() < deadline:
            status = self.read_status()
            if is_so(status):
                return status
            time.sleep(LOOK_S)
        return None


def is_settled(status: StatusDocument) -> bool:
    """Whether nothing is on its way, and every edge proves that it has what is in force and nothing else."""
    edges = status.edges
    return status.proving is None and status.rollout is None and bool(edges) and all(map(_is_whole, edges))


def list_digests(status: StatusDocument) -> dict[str, str | None]:
    """What each edge has, as a digest of all its resources in their versions."""
    return {edge.name: edge.has for edge in status.edges}


def _is_whole(edge: EdgeDocument) -> bool:
    return bool(edge.programmed and edge.has is not None and edge.has == edge.should)


def _read(answer: httpx.Response) -> dict[str, Any]:
    if not answer.is_success:
        raise ControlUnreachable(f"{answer.request.url.path}: {answer.status_code} {answer.text[:300]}")
    told: dict[str, Any] = answer.json()
    return told
