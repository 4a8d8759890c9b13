# noqa: INP001 - a script
"""Write openapi.json and api.md, beside this file, from the API itself: `python docs/reference/write_api.py`."""

import asyncio
import json
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import fields
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, cast

import httpx
from fastapi import FastAPI

from holdfast.adapters.api.app import Behind, make_app
from holdfast.adapters.api.description import describe
from holdfast.adapters.api.problems import STATUS_BY_CODE
from holdfast.adapters.api.tokens import TokenStore
from holdfast.model.token import Role

_INTRODUCTION: Final = """\
# The HTTP API

Everything that the commands do, they do by this API, and so can you. It listens on `127.0.0.1:9900` (`holdfast up
--api`) and on the UNIX socket `control.sock` in the state directory. Its machine-readable description is
[openapi.json](openapi.json), which a running control also gives at `/v1/openapi.json`.

Every request but `GET /healthz` takes a token: `Authorization: Bearer holdfast_…`. The admin's is in the file
`admin.token` of the state directory; `holdfast token create` makes others. How to use both is in
[mitigate.md](../guides/mitigate.md).

Times are Unix times in seconds, durations are seconds, rates are per second. Quantities inside a measure or limits may
also be written as in platform files (`"20/s"`).

## Operations

| operation | what it does | answers | roles |
|---|---|---|---|
"""
_ROLES: Final = """
A **viewer** reads. An **operator** changes what is in force. An **admin** makes tokens too. An **owner** is a tenant's:
it sees that tenant's services alone, and sets their limits within the platform's bounds.

"""
_PROBLEMS: Final = """\
## Problems

Whatever isn't done is answered as `application/problem+json` (RFC 9457): `status`, a stable `code`, a `detail` for
people; `fields` says what is malformed in a request, `diagnostics` what is wrong with a platform file. Nothing was
changed then.

| status | `code` |
|---|---|
"""
_OTHER_PROBLEMS: Final = {
    "token_unknown": 401,
    "role_insufficient": 403,
    "tenant_foreign": 403,
    "body_too_large": 413,
    "request_malformed": 422,
    "platform_rejected": 422,
    "tenant_malformed": 422,
    "token_id_unknown": 404,
    "tokens_full": 409,
    "tokens_unavailable": 503,
    "revision_refused": 422,
}
_VALUES: Final = {
    "name": "acme-shop",
    "mitigation_id": "m-1",
    "finding_id": "f-1",
    "request_id": "r-1",
    "token_id": "00000000",
    "sequence": "1",
    "service": "acme-shop",
    "message_id": "0" * 32,
    "incident_id": "i-1",
    "maintenance_id": "w-1",
    "follow_up_id": "u-1",
    "number": "1",
    "form": "md",
    "person": "ann",
    "subscriber": "0" * 32,
    "token": "x",
}
_METHODS: Final = ("get", "put", "post", "patch", "delete")


def render_openapi() -> str:
    """The API's description, as text."""
    with tempfile.TemporaryDirectory() as folder:
        return json.dumps(describe(_make_app(TokenStore(Path(folder) / "tokens.json", time.time))), indent=2) + "\n"


def render_api() -> str:
    """The page of all operations, in Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        tokens = TokenStore(Path(folder) / "tokens.json", time.time)
        app = _make_app(tokens)
        secrets = {role: _make_token(tokens, role) for role in Role}
        rows = [_render_row(app, secrets, *operation) for operation in list_operations(describe(app))]
    problems = {**{code.value: status.value for code, status in STATUS_BY_CODE.items()}, **_OTHER_PROBLEMS}
    listed = sorted(problems.items(), key=lambda each: (each[1], each[0]))
    codes = "".join(f"| {status} | `{code}` |\n" for code, status in listed)
    return _INTRODUCTION + "".join(rows) + _ROLES + _PROBLEMS + codes


def list_operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every operation's path, method and description."""
    for path, methods in document["paths"].items():
        yield from ((path, method, methods[method]) for method in _METHODS if method in methods)


def _make_app(tokens: TokenStore) -> FastAPI:
    """The API over no control: enough to describe it, and to see whom it turns away."""
    nothing = cast("Any", None)
    return make_app(Behind(*(nothing for _ in fields(Behind))), tokens)


def _make_token(tokens: TokenStore, role: Role) -> str:
    _, secret = tokens.create(str(role), role, "acme" if role is Role.OWNER else None)
    return secret.get_secret_value()


def _render_row(app: FastAPI, secrets: Mapping[Role, str], path: str, method: str, described: Mapping[str, Any]) -> str:
    answers = ", ".join(_name_schema(code, answer) for code, answer in described["responses"].items() if code < "300")
    body = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    takes = f" Takes `{_last(body['$ref'])}`." if "$ref" in body else ""
    roles = ", ".join(_find_roles(app, secrets, method, path))
    operation = f"`{method.upper()} {path}`"
    return f"| {operation} | {' '.join(described['description'].split())}{takes} | {answers} | {roles} |\n"


def _name_schema(code: str, answer: Mapping[str, Any]) -> str:
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return f"{code} `{_last(schema['$ref'])}`" if "$ref" in schema else code


def _last(reference: str) -> str:
    return reference.rpartition("/")[2]


def _find_roles(app: FastAPI, secrets: Mapping[Role, str], method: str, path: str) -> list[str]:
    """Who isn't turned away; found by trying."""
    filled = re.sub(r"\{(\w+)\}", lambda found: _VALUES[found[1]], path)
    if _ask(app, method, filled, "") != HTTPStatus.UNAUTHORIZED:
        return ["anyone, without a token"]
    return [str(role) for role, secret in secrets.items() if _ask(app, method, filled, secret) != HTTPStatus.FORBIDDEN]


def _ask(app: FastAPI, method: str, path: str, secret: str) -> int:
    async def ask() -> int:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://control") as client:
            headers = {"authorization": f"Bearer {secret}"}
            return (await client.request(method, path, headers=headers)).status_code

    return asyncio.run(ask())


PAGES: Final = {"openapi.json": render_openapi, "api.md": render_api}

if __name__ == "__main__":
    for page, render in PAGES.items():
        (Path(__file__).parent / page).write_text(render(), encoding="utf-8")
