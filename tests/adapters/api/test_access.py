"""Who may do what; and what a token never does, which is show itself."""

import json
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fakes.running import RunningControl, run_in_thread, short_directory
from holdfast.adapters.api import tokens as tokens_module
from holdfast.adapters.api.tokens import TokenStore, TokensUnreadable, TooManyTokens, ensure_admin
from holdfast.model.token import Role

READS = [
    ("GET", "/v1/status"),
    ("GET", "/v1/revisions"),
    ("GET", "/v1/mitigations"),
    ("GET", "/v1/rollout"),
    ("GET", "/v1/freeze"),
]
SHARED_READS = [("GET", "/v1/services"), ("GET", "/v1/services/shop"), ("GET", "/v1/openapi.json")]
CHANGES = [
    ("POST", "/v1/rollback"),
    ("POST", "/v1/mitigations"),
    ("DELETE", "/v1/mitigations/m-1"),
    *(("POST", f"/v1/rollout/{act}") for act in ("pause", "resume", "promote", "abort")),
    ("POST", "/v1/freeze"),
    ("DELETE", "/v1/freeze"),
]
LIMITS = [("PUT", "/v1/services/shop/limits"), ("POST", "/v1/revisions")]
"""What an owner may do too, as far as it is its own tenant's."""
TOKENS = [("GET", "/v1/tokens"), ("POST", "/v1/tokens"), ("DELETE", "/v1/tokens/00000000")]
ALL = [*READS, *SHARED_READS, *CHANGES, *LIMITS, *TOKENS]


@pytest.fixture
def others(control: RunningControl, api: httpx.Client) -> Iterator[dict[str, httpx.Client]]:
    clients = {role: control.client(control.make_token(role)) for role in ("viewer", "operator", "admin")}
    clients["owner"] = control.client(control.make_token("owner", "acme"))
    yield clients
    for client in clients.values():
        client.close()


@pytest.mark.parametrize("token", ["", "holdfast_00000000_x", "holdfast_", "x", "é"])
def test_nothing_without_a_known_token(control: RunningControl, token: str) -> None:
    with httpx.Client(base_url=control.url) as client:
        headers = {b"Authorization": f"Bearer {token}".encode()} if token else {}
        for method, path in ALL:
            answer = client.request(method, path, headers=headers)
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.json()["code"] == "token_unknown"


def test_no_body_is_read_without_a_token(control: RunningControl) -> None:
    with socket.create_connection(("127.0.0.1", int(control.url.rpartition(":")[2]))) as connection:
        connection.sendall(b"POST /v1/revisions HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        assert b"401" in connection.recv(100)


def test_health_takes_no_token(control: RunningControl) -> None:
    assert httpx.get(f"{control.url}/healthz").status_code == 200


def test_nothing_else_is_served(control: RunningControl) -> None:
    with control.client() as admin:
        for path in ("/docs", "/redoc", "/openapi.json"):
            assert admin.get(path).status_code == 404


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("viewer", [*READS, *SHARED_READS]),
        ("operator", [*READS, *SHARED_READS, *CHANGES, *LIMITS]),
        ("admin", ALL),
        ("owner", [*SHARED_READS, *LIMITS]),
    ],
)
def test_a_role_may_do_this_and_nothing_else(
    others: dict[str, httpx.Client], role: str, allowed: list[tuple[str, str]]
) -> None:
    for method, path in ALL:
        forbidden = others[role].request(method, path, json={}).status_code == 403
        assert forbidden == ((method, path) not in allowed), f"{method} {path}"


def test_an_owner_sees_its_tenant_and_nobody_else(others: dict[str, httpx.Client]) -> None:
    owner = others["owner"]
    assert [s["name"] for s in owner.get("/v1/services").json()["services"]] == ["shop"]
    assert owner.get("/v1/services", params={"tenant": "globex"}).status_code == 403
    foreign, unknown = owner.get("/v1/services/mail"), owner.get("/v1/services/nobody")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json()["detail"].replace("mail", "") == unknown.json()["detail"].replace("nobody", "")
    assert owner.put("/v1/services/mail/limits", json={"limits": None}).status_code == 404
    assert owner.put("/v1/services/shop/limits", json={"limits": {"requests": "5/s"}}).status_code == 200


def test_a_revoked_token_is_worthless(control: RunningControl, api: httpx.Client) -> None:
    secret = control.make_token("viewer")
    (made,) = [t for t in api.get("/v1/tokens").json()["tokens"] if t["role"] == "viewer"]
    with control.client(secret) as viewer:
        assert viewer.get("/v1/status").status_code == 200
        assert api.delete(f"/v1/tokens/{made['id']}").status_code == 204
        assert viewer.get("/v1/status").status_code == 401
    assert api.delete(f"/v1/tokens/{made['id']}").status_code == 404


def test_only_an_owner_has_a_tenant(api: httpx.Client) -> None:
    for body in ({"name": "x", "role": "owner"}, {"name": "x", "role": "viewer", "tenant": "acme"}):
        assert api.post("/v1/tokens", json=body).json()["code"] == "tenant_malformed"


def test_nobody_is_called_what_holdfast_itself_is_called(api: httpx.Client) -> None:
    """Or things that people did would be taken for its own, and ended by it."""
    answer = api.post("/v1/tokens", json={"name": "Holdfast", "role": "operator"})
    assert answer.status_code == 422
    assert "take another name" in answer.text


def test_secrets_are_kept_by_hash_in_files_of_mode_0600(control: RunningControl) -> None:
    secret = control.make_token("viewer")
    for file in (control.state.tokens, control.state.admin_token, control.state.socket, control.state.journal):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(control.state.path.stat().st_mode) == 0o700
    for file in control.state.path.rglob("*"):
        if file.is_file() and file != control.state.admin_token:
            content = file.read_bytes()
            assert secret.encode() not in content
            assert control.state.admin_token.read_bytes().strip() not in content


def test_no_secret_is_logged_or_shown(control: RunningControl, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    secret = control.make_token("viewer")
    with control.client(secret) as client:
        client.get("/v1/status")
        client.get("/v1/tokens")
    assert secret not in caplog.text
    store = TokenStore(control.state.tokens, lambda: 0.0)
    token, made = store.create("x", Role.VIEWER)
    assert made.get_secret_value() not in f"{store!r} {token!r} {made!r} {made}"


def test_the_admins_token_outlives_a_restart(control: RunningControl) -> None:
    before = control.state.admin_token.read_text()
    store = TokenStore(control.state.tokens, lambda: 0.0)
    ensure_admin(store, control.state.admin_token)
    assert control.state.admin_token.read_text() == before


@pytest.mark.parametrize("content", [None, "", "holdfast_00000000_stale"])
def test_a_lost_admins_token_is_made_anew(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "admin.token"
    if content is not None:
        path.write_text(content)
    store = TokenStore(tmp_path / "tokens.json", lambda: 0.0)
    ensure_admin(store, path)
    found = store.find(path.read_text().strip())
    assert found is not None
    assert found.role is Role.ADMIN


def test_tokens_have_a_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens_module, "TOKENS_MAX", 1)
    store = TokenStore(tmp_path / "tokens.json", lambda: 0.0)
    store.create("x", Role.VIEWER)
    with pytest.raises(TooManyTokens):
        store.create("y", Role.VIEWER)


@pytest.mark.parametrize("content", ["{", "[1]", json.dumps([{"id": "x"}])])
def test_a_damaged_list_of_tokens_is_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(content)
    with pytest.raises(TokensUnreadable, match="move it away"):
        TokenStore(path, lambda: 0.0)


def test_the_socket_answers_as_the_port_does(control: RunningControl) -> None:
    transport = httpx.HTTPTransport(uds=str(control.state.socket))
    with httpx.Client(transport=transport, base_url="http://control") as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/v1/status").status_code == 401


def test_a_dead_socket_is_replaced() -> None:
    with short_directory() as state:
        (state / "control.sock").write_text("")
        with run_in_thread(state) as again:
            assert httpx.get(f"{again.url}/healthz").status_code == 200
