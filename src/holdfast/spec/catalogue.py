"""All codes of diagnostics, and the reference page made from them."""

from itertools import chain
from typing import Final

from holdfast.spec import check, directory, document, forms, translate, trespass
from holdfast.spec.codes import Code
from holdfast.spec.paging_codes import PAGING_CODES
from holdfast.spec.rules import (
    accept,
    addresses,
    assets,
    capacity,
    clients,
    dependencies,
    endpoints,
    expressions,
    facts,
    hosts,
    limits,
    names,
    pools,
    redirects,
    response,
    routes,
    standbys,
    status,
    upstream,
    walls,
)  # fmt: skip

_MODULES: Final = (
    document, directory, trespass, translate, forms, hosts, names, addresses, endpoints, pools, capacity, walls, limits,
    upstream, standbys, assets, routes, expressions, redirects, dependencies, status, accept, clients, response, facts,
    check,
)  # fmt: skip

CODES: Final = tuple(
    sorted(
        dict.fromkeys(
            chain.from_iterable(
                (each for each in vars(module).values() if isinstance(each, Code)) for module in _MODULES
            )
        ),
        key=lambda code: code.name,
    )
)
"""Every code, in order."""

_SECTIONS: Final = {
    "HF0": "The paging file",
    "HF1": "The file, or the directory",
    "HF2": "Keys and values",
    "HF3": "Names, hosts, addresses and routes",
    "HF4": "Capacity and limits",
    "HF5": "Upstreams and kinds of request",
    "HF6": "Clients",
    "HF7": "The world around",
    "HF8": "What Holdfast does by itself",
    "HF9": "The check itself",
}
_INTRODUCTION: Final = """\
# Diagnostics

`holdfast check` shows everything that is wrong with a platform file at once, each with a code, its place, the text
it is about, and what to write instead. An **error** keeps the file from going in force (exit code 1); a **warning**
points at a danger and lets it pass. Codes keep their meaning between versions.

The examples show only the lines that matter; the rest of the file is sound. Where a platform is a directory, a line
`--- # file: NAME` stands before each of its files. What is wrong with a paging file is shown by `holdfast page check`,
without the text, which may be a secret.
"""


def render_catalogue() -> str:
    """The reference page of all codes, in Markdown."""
    parts = [_INTRODUCTION]
    for prefix, title in _SECTIONS.items():
        parts.append(f"## {title}\n")
        parts += [_render_code(code) for code in (*PAGING_CODES, *CODES) if code.name.startswith(prefix)]
    return "\n".join(parts)


def _render_code(code: Code) -> str:
    lines = [f"### {code.name}: {code.title}\n", f"*{code.severity.value.capitalize()}.* {code.meaning}\n"]
    if code.wrong:
        lines.append(f"Wrong:\n\n```yaml\n{_show(code.wrong)}\n```\n\nRight:\n\n```yaml\n{_show(code.right)}\n```\n")
    return "\n".join(lines)


def _show(example: str) -> str:
    return "".join(each if each.isprintable() or each in "\n\t" else f"<U+{ord(each):04X}>" for each in example.strip())
