"""The spool over HTTP: who may see what, and who may do what about dead letters."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from adapters.api.test_components import AppClient, as_
from holdfast.adapters.api import problems, spool_routes
from holdfast.adapters.api.access import TokenGate
from holdfast.adapters.api.tokens import TokenStore
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.token import Role
from holdfast.views.spool import (
    DeadLetterDocument,
    DeadLettersDocument,
    MessageDocument,
    SpoolActionDocument,
    SpoolDocument,
    SpooledServiceDocument,
)

MESSAGE = MessageDocument(
    id="abc", standing="dead", service="shop", tenant="acme", idempotency_key="k", accepted_at=1.0, expires_at=2.0,
    attempts=1, path="/secret", headers=(("authorization", "s3cret"),), body="aGk=", body_bytes=2,
)  # fmt: skip
LETTER = DeadLetterDocument(
    id="abc", sequence=1, service="shop", tenant="acme", route="send", order_key=None, method="POST",
    host="shop.example", path="/send?key=s3cret", body_bytes=2, accepted_at=1.0, died_at=2.0, attempts=1,
    why="HTTP 422",
)  # fmt: skip
WHY = {"reason": "it was mended"}


class FakeSpool:
    """Notes what it is asked to do."""

    def __init__(self) -> None:
        self.did: list[tuple[object, ...]] = []

    def show(self) -> SpoolDocument:
        services = (("shop", "acme"), ("mail", "globex"))
        shown = (SpooledServiceDocument(service=name, tenant=tenant, phase="direct") for name, tenant in services)
        return SpoolDocument(running=True, services=tuple(shown))

    async def list_dead(
        self, service: str | None, tenant: str | None, after: int, count_max: int
    ) -> DeadLettersDocument | Refusal:
        self.did.append(("list", service, tenant, after, count_max))
        return DeadLettersDocument(dead=(LETTER,))

    async def inspect(self, message_id: str) -> MessageDocument | Refusal:
        return MESSAGE if message_id == MESSAGE.id else Refusal(RefusalCode.MESSAGE_UNKNOWN, "there is none")

    async def redeliver(self, author: str, message_id: str, reason: str) -> SpoolActionDocument | Refusal:
        return self._do("redeliver", author, message_id, reason)

    async def redeliver_all(self, author: str, service: str, reason: str) -> SpoolActionDocument | Refusal:
        return self._do("redeliver-all", author, service, reason)

    async def drop(self, author: str, message_id: str, reason: str) -> SpoolActionDocument | Refusal:
        return self._do("drop", author, message_id, reason)

    async def open(self, author: str, service: str, for_s: float, reason: str) -> SpooledServiceDocument | Refusal:
        self._do("open", author, service, for_s, reason)
        return SpooledServiceDocument(service=service, tenant="acme", phase="opening")

    async def close(self, author: str, service: str, reason: str) -> SpooledServiceDocument | Refusal:
        self._do("close", author, service, reason)
        return Refusal(RefusalCode.UNCHANGED, f"nobody keeps the spool of {service} open")

    def _do(self, *what: object) -> SpoolActionDocument:
        self.did.append(what)
        return SpoolActionDocument(done=1)


@pytest.fixture
def spool() -> FakeSpool:
    return FakeSpool()


@pytest.fixture
def tokens(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path / "tokens.json", lambda: 0.0)


@pytest.fixture
def app(spool: FakeSpool, tokens: TokenStore) -> AppClient:
    app = FastAPI()
    app.state.spool = spool
    app.include_router(spool_routes.router)
    app.add_middleware(TokenGate, tokens=tokens, open_paths=frozenset[str](), open_below=("/console",))
    problems.install(app)
    return AppClient(app)


def test_an_owner_sees_the_own_tenants_services_only(app: AppClient, tokens: TokenStore, spool: FakeSpool) -> None:
    seen = {
        role: [s["service"] for s in app.get("/v1/spool", headers=as_(tokens, role, tenant)).json()["services"]]
        for role, tenant in ((Role.VIEWER, None), (Role.OWNER, "acme"))
    }
    assert seen == {Role.VIEWER: ["shop", "mail"], Role.OWNER: ["shop"]}
    assert app.get("/v1/spool").status_code == 401
    app.get("/v1/spool/dead?service=mail", headers=as_(tokens, Role.OWNER, "acme"))
    assert spool.did == [("list", "mail", "acme", 0, 100)]


@pytest.mark.parametrize(
    ("role", "tenant", "status", "sees"),
    [
        (Role.ADMIN, None, 200, True),
        (Role.OWNER, "acme", 200, True),
        (Role.OPERATOR, None, 200, False),
        (Role.VIEWER, None, 200, False),
        (Role.OWNER, "globex", 404, False),
    ],
)
def test_content_is_shown_to_admins_and_the_owner_only(
    app: AppClient, tokens: TokenStore, role: Role, tenant: str | None, status: int, *, sees: bool
) -> None:
    answer = app.get("/v1/spool/messages/abc", headers=as_(tokens, role, tenant))
    assert answer.status_code == status
    assert ("s3cret" in answer.text) is sees
    assert ("/secret" in answer.text) is sees
    if status == 200:
        (letter,) = app.get("/v1/spool/dead", headers=as_(tokens, role, tenant)).json()["dead"]
        assert letter["path"] == ("/send?key=s3cret" if sees else "/send")


@pytest.mark.parametrize("verb", ["redeliver", "drop"])
@pytest.mark.parametrize(
    ("role", "tenant", "status"),
    [(Role.OPERATOR, None, 200), (Role.OWNER, "acme", 200), (Role.OWNER, "globex", 404), (Role.VIEWER, None, 403)],
)
def test_who_may_decide_about_a_dead_letter(
    app: AppClient, tokens: TokenStore, spool: FakeSpool, verb: str, role: Role, tenant: str | None, status: int
) -> None:
    answer = app.post(f"/v1/spool/messages/abc/{verb}", headers=as_(tokens, role, tenant), json=WHY)
    assert answer.status_code == status
    done: list[Any] = [(verb, f"{role}-1", "abc", "it was mended")] if status == 200 else []
    assert spool.did == done


def test_only_operators_open_the_spool_or_redeliver_everything(
    app: AppClient, tokens: TokenStore, spool: FakeSpool
) -> None:
    bodies = {
        "/v1/spool/services/shop/open": WHY | {"for_s": 60},
        "/v1/spool/dead/redeliver": WHY | {"service": "shop"},
    }
    for path, body in bodies.items():
        assert app.post(path, headers=as_(tokens, Role.OWNER, "acme"), json=body).status_code == 403
        assert app.post(path, headers=as_(tokens, Role.OPERATOR), json=body).status_code == 200
    assert [each[0] for each in spool.did] == ["open", "redeliver-all"]


def test_what_isnt_there_and_what_cant_be_done_is_said(app: AppClient, tokens: TokenStore) -> None:
    operator = as_(tokens, Role.OPERATOR)
    assert app.get("/v1/spool/messages/xyz", headers=operator).status_code == 404
    refused = app.post("/v1/spool/services/shop/close", headers=operator, json=WHY)
    assert (refused.status_code, refused.json()["code"]) == (409, "unchanged")
    assert app.post("/v1/spool/messages/abc/drop", headers=operator, json={"reason": ""}).status_code == 422
