"""GraphQL requests as clients send them: what an application asks for, and what somebody hostile does."""

from __future__ import annotations

import json
from typing import Final

USUAL: Final = (
    "query Front { articles(first: 10) { id title author { name } } }",
    "query Article($id: ID!) { article(id: $id) { title body comments(first: 20) { text author { name avatar } } } }",
    "query Search($text: String!) { search(text: $text) { __typename ... on Article { title } ... on User { name } } }",
    "mutation Like($id: ID!) { like(article: $id) { likes } }",
)


def render_body(document: str) -> str:
    """The body of a POST that asks a query."""
    return json.dumps({"query": document})


def list_hostile() -> tuple[str, ...]:
    """Documents made to hurt whoever looks at them."""
    nested = "{ a " * 400 + "b" + " }" * 400
    aliases = "{ " + " ".join(f"a{n}: user(id: {n}) {{ name friends {{ name }} }}" for n in range(600)) + " }"
    cycle = "{ ...A } fragment A on Q { ...B } fragment B on Q { ...A }"
    doubling = "{ ...F0 } " + " ".join(f"fragment F{n} on Q {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40))
    return (nested, aliases, cycle, f"{doubling} fragment F40 on Q {{ id }}", "{ a(b: [" + "[" * 2_000)
