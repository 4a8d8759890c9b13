"""Asks edges for files, one after the other, and looks at every byte that it is given."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from holdfast.drills.spot_reclaim.contents import hash_content
from holdfast.drills.spot_reclaim.platform_file import HOST

if TYPE_CHECKING:
    from collections.abc import Sequence

ANSWER_S_MAX: Final = 5.0


@dataclass(frozen=True, slots=True)
class Probe:
    """One file, asked for at one edge: whether it came whole and right, and marked as a copy (Age, Cache-Status)."""

    edge_port: int
    path: str
    is_right: bool
    is_marked: bool
    status: int


def probe_assets(edge_ports: Sequence[int], paths: Sequence[str]) -> list[Probe]:
    """Every file once, from every edge."""
    return [probe for port in edge_ports for probe in _probe_edge(port, paths)]


def _probe_edge(port: int, paths: Sequence[str]) -> list[Probe]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S_MAX)
    try:
        return [_probe(connection, port, path) for path in paths]
    finally:
        connection.close()


def _probe(connection: http.client.HTTPConnection, port: int, path: str) -> Probe:
    try:
        connection.request("GET", path, headers={"Host": HOST})
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return Probe(port, path, is_right=False, is_marked=False, status=0)
    is_right = answer.status == http.client.OK and sha256(body).hexdigest() == hash_content(path)
    is_marked = answer.getheader("Age") is not None and answer.getheader("Cache-Status") is not None
    return Probe(port, path, is_right, is_marked, answer.status)
