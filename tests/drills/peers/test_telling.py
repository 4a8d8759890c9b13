from dataclasses import dataclass, field
from ipaddress import IPv4Network

from holdfast.drills.peers.telling import PeerTelling

NETWORK = IPv4Network("127.1.2.3/32")


@dataclass
class Accuser:
    accused: set[str | None] = field(default_factory=set)
    blocked: list[IPv4Network] = field(default_factory=list)

    def list_accused(self) -> set[str | None]:
        return self.accused

    def list_blocked(self) -> list[IPv4Network]:
        return self.blocked


def test_whom_a_peer_accuses_is_a_finding_until_it_does_no_longer() -> None:
    peer = Accuser()
    telling = PeerTelling(peer)
    assert telling.read_findings().open == ()
    peer.accused = {"tenant-01"}
    (found,) = telling.read_findings().open
    assert found.finding.service == "tenant-01"
    assert telling.read_findings().open == (found,)
    peer.accused = set()
    assert telling.read_findings().open == ()
    peer.accused = {"tenant-01"}
    (again,) = telling.read_findings().open
    assert again.id != found.id


def test_a_peer_that_knows_no_tenants_has_found_something_all_the_same() -> None:
    (found,) = PeerTelling(Accuser({None})).read_findings().open
    assert found.finding.service is None


def test_whom_a_peer_refuses_is_blocked_for_everybody() -> None:
    peer = Accuser(blocked=[NETWORK])
    telling = PeerTelling(peer)
    (block,) = telling.read_mitigations().active
    assert block.measure.service is None
    assert telling.read_mitigations().active == (block,)
