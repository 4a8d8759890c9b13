# noqa: INP001 - a script
"""Write edge-answers.md, beside this file, from the edges' replies: `python docs/reference/write_edge_answers.py`."""

from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from holdfast.compile.names import MITIGATION_HEADER
from holdfast.compile.replies import REPLIES
from holdfast.model.inner import CAUSE_HEADER

_INTRODUCTION: Final = f"""\
# Answers that an edge gives itself

Whatever an edge refuses, it says so as `application/problem+json` (RFC 9457), and says which rule it was. An answer
without the header `{CAUSE_HEADER}` comes from the service's own upstream.

| header | when | holds |
|---|---|---|
| `x-request-id` | always | the request's id, as the upstream would have seen it; quote it when asking your provider |
| `{CAUSE_HEADER}` | always | which protection refused, from the table below |
| `{MITIGATION_HEADER}` | a limit mitigation refused | its kind and id, such as `limit.m-17` |
| `retry-after` | 429 and most 503 | seconds after which trying again makes sense |
| `x-ratelimit-limit`, `-remaining`, `-reset` | limits | of the bucket with least left: size, rest, refill in s |
| `allow` | 405 | the methods that are accepted |

The body repeats it for programs:

```json
{{
  "type": "about:blank",
  "title": "This service is switched off for now",
  "status": 503,
  "cause": "kill",
  "rule": "rbac_access_denied_matched_policy[kill.m-1]",
  "service": "acme-shop",
  "request_id": "88b7a16a-e9d4-4929-921b-8c7d37f78cda"
}}
```

`rule` is Envoy's own word for it; for `kill`, `hold`, `read-only`, `block` and `deny` it ends with the mitigation's id.
`accepts`, where it stands, says in one line what the service takes. Keys may come in any order, and more may come
later.

| status | `cause` | when | more |
|---|---|---|---|
"""
_LIMITS: Final = {
    "limit.service": "the service's bucket, or that of this client of it, is empty",
    "limit.mitigation": "a limit that an operator laid over the service for a time is used up",
}
_WHEN: Final = {
    "kill": "an operator switched the service off for a time",
    "hold": "the service is being brought back after an outage, and it isn't its turn yet",
    "read-only": "the service is read-only for a time, and the method isn't GET, HEAD or OPTIONS",
    "block": "the client's address is on a block list",
    "deny": "where the request comes from, or what it asks for, is refused for a time",
    "limit.location": "the location is short of capacity, and the service's class is to wait",
    "accept.methods": "the service doesn't take the method",
    "accept.content_types": "the service doesn't take bodies of this type",
    "accept.url_max": "the URL is longer than the service's `url_max`",
    "accept.header_max": "the request's head is larger than the service's `header_max`",
    "accept.body_max": "the body is larger than the service's `body_max`, as stated or as sent",
    "accept.graphql": "the service takes GraphQL only, and this isn't any that it takes; `rule` says what",
    "no-route": "the service states routes, and none of them is for this request",
    "unknown-host": "no service has this host",
    "bulkhead": "as many requests are in flight or waiting as the service may have here",
    "upstream.unhealthy": "no endpoint of the service is healthy",
    "upstream.unreachable": "no endpoint that was tried could be connected to",
    "upstream.broken": "the endpoint broke off, or didn't answer in HTTP",
    "upstream.timeout": "the service's `timeouts` ran out",
}
_OTHERS: Final = "| any | `edge` | anything else that Envoy answers of itself, such as to what isn't HTTP | |\n"


def render_edge_answers() -> str:
    """The page of all refusals, in Markdown; KeyError for one that it has no words for."""
    rows = dict.fromkeys(row for reply in REPLIES for row in _rows(reply))
    return _INTRODUCTION + "".join(rows) + _OTHERS


def _rows(reply: Any) -> list[str]:
    causes = _LIMITS if reply.status == HTTPStatus.TOO_MANY_REQUESTS else {reply.cause: _WHEN[reply.cause]}
    more = [f"`{name}{': ' + value if '%' not in value else ''}`" for name, value in reply.headers]
    more += [f"`{name}` in the body" for name, _ in reply.extra if name != "mitigation"]
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        more = ["`retry-after`"]
    return [f"| {reply.status} | `{cause}` | {when} | {', '.join(more)} |\n" for cause, when in causes.items()]


PAGES: Final = {"edge-answers.md": render_edge_answers}

if __name__ == "__main__":
    for page, render in PAGES.items():
        (Path(__file__).parent / page).write_text(render(), encoding="utf-8")
