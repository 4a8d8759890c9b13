"""One client's connection to one edge, for those who look at an answer's headers or number what they send."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from holdfast.drills.stage.names import name_host

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_ANSWER = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: its status, 0 for none, and its headers, lower case. Moments of CLOCK_MONOTONIC."""

    asked_ns: int
    answered_ns: int
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether it succeeded."""
        return 200 <= self.status < 400


class Client:
    """Keeps one connection alive, and opens another when that is broken."""

    def __init__(self, port: int, timeout_s: float) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)

    def ask(self, service: str, method: str, path: str, headers: Mapping[str, str], body: str | None = None) -> Answer:
        """Ask once; whatever goes wrong is an answer too."""
        asked_ns = time.monotonic_ns()
        try:
            self._connection.request(method, path, body, {"Host": name_host(service), **headers})
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return Answer(asked_ns, time.monotonic_ns(), NO_ANSWER)
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(asked_ns, time.monotonic_ns(), answer.status, told)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
