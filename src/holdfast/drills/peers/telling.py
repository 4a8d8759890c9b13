"""What a peer tells, in the documents that Holdfast's own API answers with, so that both are scored alike."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from holdfast.model.finding import Evidence, Finding, FindingKind, Tier
from holdfast.model.mitigation import Block
from holdfast.views.edges import Reach
from holdfast.views.findings import FindingDocument, FindingsDocument, FindingState
from holdfast.views.mitigations import MitigationDocument, MitigationsDocument

if TYPE_CHECKING:
    from ipaddress import IPv4Network


class Peer(Protocol):
    """What is asked of a peer that runs."""

    def list_accused(self) -> set[str | None]:
        """The tenants that it accuses now; None among them if it saw something that it has no tenant for."""

    def list_blocked(self) -> list[IPv4Network]:
        """The addresses that it refuses now."""


@dataclass(slots=True)
class PeerTelling:
    """Asks a peer, and remembers since when it says what."""

    peer: Peer
    _open: dict[str | None, FindingDocument] = field(default_factory=dict)
    _blocks: dict[IPv4Network, MitigationDocument] = field(default_factory=dict)
    _numbers: int = 0

    def read_findings(self) -> FindingsDocument:
        """Whom it accuses; something that is gone and comes again is another finding."""
        accused = self.peer.list_accused()
        self._open = {name: told for name, told in self._open.items() if name in accused}
        for name in sorted(accused - self._open.keys(), key=str):
            self._open[name] = self._find(name)
        return FindingsDocument(open=tuple(self._open.values()), closed=())

    def read_mitigations(self) -> MitigationsDocument:
        """Whom it refuses, for every tenant alike."""
        for network in self.peer.list_blocked():
            if network not in self._blocks:
                self._blocks[network] = self._block(network)
        return MitigationsDocument(active=tuple(self._blocks.values()), ended=())

    def _find(self, service: str | None) -> FindingDocument:
        now, self._numbers = time.time(), self._numbers + 1
        finding = Finding(
            kind=FindingKind.SURGE,
            tier=Tier.HARMFUL,
            service=service,
            began_at=now,
            seen_at=now,
            evidence=Evidence(now=0, usual=0),
        )
        id_ = f"f-{self._numbers}"
        return FindingDocument(id=id_, finding=finding, state=FindingState.OPEN, since=now, mitigations=())

    def _block(self, network: IPv4Network) -> MitigationDocument:
        now, self._numbers = time.time(), self._numbers + 1
        return MitigationDocument(
            id=f"m-{self._numbers}",
            measure=Block(networks=(network,)),
            reason="",
            author="peer",
            started_at=now,
            expires_at=now + 3_600,
            remaining_s=3_600,
            recorded=True,
            reach=Reach(edges=1, programmed=1),
            observed_only=False,
            warnings=(),
        )
