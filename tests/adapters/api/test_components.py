"""Components and queries over HTTP: who may do what, and what is answered."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from fakes.running import PLATFORM, RunningControl
from holdfast.adapters.api import component_routes, problems, query_routes
from holdfast.adapters.api.access import TokenGate
from holdfast.adapters.api.tokens import TokenStore
from holdfast.model.component import (
    ANALYSER,
    BUILT_IN,
    Build,
    ComponentAllowance,
    ComponentStatus,
    ComponentUsage,
    Phase,
)
from holdfast.model.query import FlaggedOperation, Operation, QueryFlag, QueryMeasures, ServiceQueries, Unreadable
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.token import Role
from holdfast.views.components import ComponentDocument, ComponentsDocument, show_component
from holdfast.views.queries import FlaggedDocument, QueriesDocument, show_flagged, show_queries

OPERATION = Operation(
    fingerprint="0123456789abcdef",
    text="query{a}",
    requests=40.0,
    measures=QueryMeasures(depth=20, fields=20, aliases=0, directives=0, cost=3),
    flags=(QueryFlag.DEEP,),
)
QUERIES = ServiceQueries(
    service="shop", requests=50.0, unreadable={Unreadable.MALFORMED: 10.0}, operations=(OPERATION,)
)


class FakeComponents:
    """Notes what it is asked to do."""

    def __init__(self) -> None:
        self.phase = Phase.ON
        self.did: list[tuple[object, ...]] = []
        self.refusal: Refusal | None = None

    @property
    def status(self) -> ComponentStatus:
        return ComponentStatus(
            component=ANALYSER, version=BUILT_IN, phase=self.phase, since=1.0, why="because", pid=7, confined=True,
            usage=ComponentUsage(0.1, 40, 0.01, 9, 1), allowed=ComponentAllowance(0.25, 256, 2.0),
        )  # fmt: skip

    def show(self) -> ComponentDocument:
        return show_component(self.status, (Build(),), None)

    def components(self) -> ComponentsDocument:
        return ComponentsDocument(components=(self.show(),))

    async def queries(self, service: str) -> QueriesDocument:
        return show_queries(service, QUERIES if self.phase is not Phase.OFF else None, self.status)

    def flagged(self) -> FlaggedDocument:
        return show_flagged([FlaggedOperation(service="shop", operation=OPERATION)], self.status)

    async def switch(self, author: str, name: str, *, on: bool, reason: str) -> ComponentDocument | Refusal:
        return self._do("on" if on else "off", author, name, reason)

    async def revert(self, author: str, name: str, reason: str) -> ComponentDocument | Refusal:
        return self._do("revert", author, name, reason)

    async def install(self, author: str, name: str, path: str, reason: str) -> ComponentDocument | Refusal:
        return self._do("install", author, name, path, reason)

    def _do(self, *what: object) -> ComponentDocument | Refusal:
        self.did.append(what)
        return self.refusal or self.show()


class AppClient:
    """Speaks to an application without a socket."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def get(self, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._ask("GET", path, **more))

    def post(self, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._ask("POST", path, **more))

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://control") as client:
            return await client.request(method, path, **more)


@pytest.fixture
def components() -> FakeComponents:
    return FakeComponents()


@pytest.fixture
def tokens(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path / "tokens.json", lambda: 0.0)


@pytest.fixture
def app(components: FakeComponents, control: RunningControl, tokens: TokenStore) -> AppClient:
    with control.client() as admin:
        admin.post("/v1/revisions", json={"text": PLATFORM, "file": "p.yaml"}).raise_for_status()
    app = FastAPI()
    app.state.operations, app.state.components = control.running.operations, components
    app.include_router(component_routes.router)
    app.include_router(query_routes.router)
    app.add_middleware(TokenGate, tokens=tokens, open_paths=frozenset[str](), open_below=("/console",))
    problems.install(app)
    return AppClient(app)


def as_(tokens: TokenStore, role: Role, tenant: str | None = None) -> dict[str, str]:
    _, secret = tokens.create(f"{role}-1", role, tenant)
    return {"Authorization": f"Bearer {secret.get_secret_value()}"}


def test_components_are_listed_for_viewers(app: AppClient, tokens: TokenStore) -> None:
    answer = app.get("/v1/components", headers=as_(tokens, Role.VIEWER))
    (component,) = ComponentsDocument.model_validate_json(answer.content).components
    assert (component.name, component.phase, component.cpu_share, component.cpu_share_max) == (
        "analyser", Phase.ON, 0.1, 0.25,
    )  # fmt: skip
    assert app.get("/v1/components", headers=as_(tokens, Role.OWNER, "acme")).status_code == 403
    assert app.get("/v1/components").status_code == 401


@pytest.mark.parametrize("verb", ["on", "off", "revert"])
def test_operators_switch_and_viewers_do_not(
    app: AppClient, tokens: TokenStore, components: FakeComponents, verb: str
) -> None:
    body = {"reason": "it spins"}
    assert app.post(f"/v1/components/analyser/{verb}", json=body, headers=as_(tokens, Role.VIEWER)).status_code == 403
    assert components.did == []
    answer = app.post(f"/v1/components/analyser/{verb}", json=body, headers=as_(tokens, Role.OPERATOR))
    assert answer.status_code == 200
    assert components.did == [(verb, "operator-1", "analyser", "it spins")]


def test_only_admins_install_and_only_from_absolute_paths(
    app: AppClient, tokens: TokenStore, components: FakeComponents
) -> None:
    path = "/v1/components/analyser/install"
    body = {"path": "/srv/build", "reason": "new"}
    assert app.post(path, json=body, headers=as_(tokens, Role.OPERATOR)).status_code == 403
    admin = as_(tokens, Role.ADMIN)
    assert app.post(path, json={**body, "path": "build"}, headers=admin).status_code == 422
    assert components.did == []
    assert app.post(path, json=body, headers=admin).status_code == 200
    assert components.did == [("install", "admin-1", "analyser", "/srv/build", "new")]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (RefusalCode.COMPONENT_UNKNOWN, 404),
        (RefusalCode.NOTHING_TO_REVERT_TO, 409),
        (RefusalCode.BUILD_UNFIT, 422),
        (RefusalCode.UNCHANGED, 409),
    ],
)
def test_refusals_are_problems(
    app: AppClient, tokens: TokenStore, components: FakeComponents, code: RefusalCode, status: int
) -> None:
    components.refusal = Refusal(code, "because")
    answer = app.post("/v1/components/analyser/revert", json={"reason": "x"}, headers=as_(tokens, Role.ADMIN))
    assert (answer.status_code, answer.json()["code"]) == (status, code.value)


def test_owners_see_the_queries_of_their_own_services(app: AppClient, tokens: TokenStore) -> None:
    answer = app.get("/v1/services/shop/queries", headers=as_(tokens, Role.OWNER, "acme"))
    document = QueriesDocument.model_validate_json(answer.content)
    assert (document.answered, document.counts, document.requests) == (True, True, 50.0)
    assert (document.operations[0].load_share, document.unreadable) == (1.0, {Unreadable.MALFORMED: 10.0})
    other = app.get("/v1/services/shop/queries", headers=as_(tokens, Role.OWNER, "globex"))
    nobody = app.get("/v1/services/nobody/queries", headers=as_(tokens, Role.VIEWER))
    assert [other.status_code, nobody.status_code] == [404, 404]


def test_what_an_analyser_that_is_not_trusted_says_does_not_count(
    app: AppClient, tokens: TokenStore, components: FakeComponents
) -> None:
    viewer = as_(tokens, Role.VIEWER)
    components.phase = Phase.SHADOW
    shadow = app.get("/v1/services/shop/queries", headers=viewer).json()
    assert (shadow["answered"], shadow["counts"], shadow["phase"]) == (True, False, "shadow")
    components.phase = Phase.OFF
    off = app.get("/v1/services/shop/queries", headers=viewer).json()
    assert (off["answered"], off["counts"], off["operations"], off["note"]) == (False, False, [], "because")


def test_flagged_operations_of_all_services_are_for_viewers(app: AppClient, tokens: TokenStore) -> None:
    flagged = app.get("/v1/queries", headers=as_(tokens, Role.VIEWER)).json()
    assert [(each["service"], each["flags"]) for each in flagged["operations"]] == [("shop", ["deep"])]
    assert app.get("/v1/queries", headers=as_(tokens, Role.OWNER, "acme")).status_code == 403
