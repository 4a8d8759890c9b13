"""The files that peers are given; whether they are installed doesn't matter here."""

import socket
import threading
from pathlib import Path

import pytest

from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.peers.fail2ban import BanList
from holdfast.drills.peers.haproxy import HaproxyTables
from holdfast.drills.peers.names import PeerName
from holdfast.drills.peers.peer_process import PeerMissing, find_program, write_config
from holdfast.drills.surge_attack.platform_file import list_limits
from holdfast.drills.surge_attack.scenario import SurgeAttack

SCENARIO = load_scenario_of(SurgeAttack, "surge-attack")
TENANTS = list_limits(SCENARIO)
TABLE = """\
# table: tenants, type: string, size:10240, used:2
0x55d0: key=tenant-01.example use=0 exp=59000 shard=0 gpc0=900 gpc0_rate(1000)=260
0x55d1: key=tenant-11.example use=0 exp=59000 shard=0 gpc0=30 gpc0_rate(1000)=39

"""


def render_haproxy(folder: Path, *, limited: bool) -> str:
    places = {"port": 8_001, "metrics_port": 8_002, "upstream_port": 9_001, "in_flight_max": 64}
    file = write_config(folder, "haproxy.cfg.j2", folder=folder, tenants=TENANTS, limited=limited, **places)
    return file.read_text("utf-8")


def test_peers_are_given_the_limits_of_the_platform_file() -> None:
    usual = SCENARIO.usual
    assert [tenant.limit for tenant in TENANTS] == [260] * usual.large.tenants + [40] * usual.small.tenants
    assert all(tenant.client_limit == tenant.limit / 2 for tenant in TENANTS)


def test_haproxy_limits_every_tenant_and_each_of_its_clients(tmp_path: Path) -> None:
    text = render_haproxy(tmp_path, limited=True)
    for tenant in TENANTS:
        assert f"deny_status 429 if {tenant.name} {{ sc0_gpc0_rate ge {tenant.limit} }}" in text
        assert f"deny_status 429 if {tenant.name} {{ sc1_gpc0_rate ge {tenant.client_limit} }}" in text
        assert f"backend {tenant.name}\n    server s1 127.0.0.1:9001 maxconn 64" in text


def test_without_limits_haproxy_only_keeps_tenants_in_their_places(tmp_path: Path) -> None:
    text = render_haproxy(tmp_path, limited=False)
    assert "429" not in text
    assert text.count("maxconn 64") == len(TENANTS)


def test_alerts_are_for_each_tenant_over_long_and_short_windows(tmp_path: Path) -> None:
    text = write_config(tmp_path, "burn_rate.yml.j2").read_text("utf-8")
    for window in ("5m", "30m", "1h", "6h"):
        assert f"record: tenant:errors:rate{window}" in text
    assert "14.4 * 0.001" in text


def test_every_peer_has_a_form() -> None:
    assert set(SCENARIO.beside) == set(PeerName)


def test_a_peer_that_is_not_installed_is_told() -> None:
    with pytest.raises(PeerMissing, match="no-such-peer isn't installed; on Debian: apt-get install no-such-peer"):
        find_program("no-such-peer")


def test_bans_are_findings_while_new_ones_come(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked.list"
    blocked.touch()
    bans = BanList(blocked)
    assert bans.list_accused() == set()
    blocked.write_text("127.1.2.3 1;\n127.1.2.4 1;\n")
    assert [str(network) for network in bans.list_blocked()] == ["127.1.2.3/32", "127.1.2.4/32"]
    assert bans.list_accused() == {None}
    assert bans.list_accused() == set()


def test_a_tenant_at_its_limit_in_haproxys_table_is_accused(tmp_path: Path) -> None:
    path = tmp_path / "stats.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        answering = threading.Thread(target=answer_once, args=(listener,))
        answering.start()
        limits = {tenant.host: (tenant.name, tenant.limit) for tenant in TENANTS}
        assert HaproxyTables(path, limits).list_accused() == {"tenant-01"}
        answering.join()


def answer_once(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        assert connection.recv(100) == b"show table tenants\n"
        connection.sendall(TABLE.encode())
