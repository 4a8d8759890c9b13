# noqa: INP001 - a script
"""Write platform-file.md, beside this file, from the schema: `python docs/reference/write_platform_file.py`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from holdfast.spec import STARTER
from holdfast.spec.schema import build_schema

_INTRODUCTION: Final = """\
# The platform file

One YAML file says everything; or a directory does, with
[a file for each tenant](../guides/a-file-for-each-tenant.md). `holdfast init` writes a file in which every key stands,
with a comment; `holdfast check` says all that is wrong with yours ([diagnostics.md](diagnostics.md)); `holdfast schema`
prints its JSON Schema, by which editors complete keys: save it as `platform.schema.json` and begin your file with
`# yaml-language-server: $schema=platform.schema.json`. For a tenant's own file it is `holdfast schema --tenant`.

Quantities have units: durations `250ms`, `15s`, `5m`, `1h30m`, `1d`; sizes `512B`, `64KiB`, `1MiB`; rates `100/s`,
`30/min`; shares `20%`. Names are DNS labels: lower-case letters, digits and inner hyphens, at most 63.

A key in **bold** must be there.

"""
_KINDS: Final = {
    "ms|s|m|h|d": "duration",
    "B|KiB": "size",
    "/(?:s|min|h)": "rate",
    "%$": "share",
    "[0-9]{1,5}$": "`host:port`",
    "^[a-z0-9](": "name",
    "^[A-Z]+$": "method",
    "+*-]+/": "content type",
}
_ROOT: Final = "The whole file"
_UNBOUNDED: Final = 1_000_000_000
Schema = dict[str, Any]


def render_platform_file() -> str:
    """The page of all keys, in Markdown, by place."""
    schema = build_schema()
    meanings = {tuple(_general(path)): meaning for path, meaning in reversed(list(find_comments(STARTER)))}
    parts = [_render_section(schema, (), schema, meanings)]
    parts += [_render_section(schema, path, noun, meanings) for path, noun in walk_nouns(schema, (), schema)]
    return _INTRODUCTION + "\n".join(parts)


def walk_nouns(root: Schema, path: tuple[str, ...], noun: Schema) -> Iterator[tuple[tuple[str, ...], Schema]]:
    """Every mapping below one, depth first, with its place; names that people choose are written in capitals."""
    for key, described in noun["properties"].items():
        below, found = _find_noun(root, (*path, key), _with_default(described, noun, key))
        if found is not None:
            yield below, found
            yield from walk_nouns(root, below, found)


def _with_default(described: Schema, noun: Schema, key: str) -> Schema:
    """What a key may be, with the default that the mapping around it gives it, if any."""
    around = noun.get("default")
    return {**described, "default": around[key]} if isinstance(around, dict) and key in around else described


def find_comments(text: str) -> Iterator[tuple[list[str], str]]:
    """The places of a commented YAML file, each with the comment beside it."""
    lines = text.splitlines()
    for path, line in _walk_keys([], yaml.compose(text, yaml.SafeLoader)):
        _, _, beside = lines[line].partition(" # ")
        comment = beside or _find_comment_above(lines, line)
        if comment:
            yield path, comment.strip()


def _find_comment_above(lines: list[str], line: int) -> str:
    above = []
    while line and lines[line - 1].strip().startswith("#"):
        line -= 1
        above.append(lines[line].strip().removeprefix("#").strip())
    return " ".join(reversed(above))


def _walk_keys(path: list[str], node: Any) -> Iterator[tuple[list[str], int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = [*path, key.value]
            yield here, key.start_mark.line
            yield from _walk_keys(here, value)
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _walk_keys(path, item)


def _general(path: list[str]) -> Iterator[str]:
    """A place with the names that people choose replaced by what they name."""
    for above, key in zip(["", *path], path, strict=False):
        yield {"locations": "LOCATION", "tenants": "TENANT", "services": "SERVICE"}.get(above, key)


def _find_noun(root: Schema, path: tuple[str, ...], described: Schema) -> tuple[tuple[str, ...], Schema | None]:
    if "patternProperties" in described:
        (chosen,) = described["patternProperties"].values()
        return _find_noun(root, (*path, path[-1].upper().removesuffix("S")), chosen)
    if "items" in described:
        return _find_noun(root, path, described["items"])
    found = _resolve(root, described)
    return path, found if "properties" in found else None


def _resolve(root: Schema, described: Schema) -> Schema:
    if "$ref" not in described:
        return described
    found: Schema = root["$defs"][described["$ref"].rpartition("/")[2]]
    return {**found, **{key: value for key, value in described.items() if key != "$ref"}}


def _render_section(root: Schema, path: tuple[str, ...], noun: Schema, meanings: dict[tuple[str, ...], str]) -> str:
    title = f"`{'.'.join(path)}`" if path else _ROOT
    description = "" if not path else " ".join(noun.get("description", "").split()) + "\n\n"
    rows = "".join(
        f"| {_show_key(key, noun)} | {_show_kind(root, value)} | {_show_default(_with_default(value, noun, key))} | "
        f"{_find_meaning((*path, key), meanings)} |\n"
        for key, value in noun["properties"].items()
    )
    return f"## {title}\n\n{description}| key | kind | default | meaning |\n|---|---|---|---|\n{rows}"


def _show_key(key: str, noun: Schema) -> str:
    return f"**`{key}`**" if key in noun.get("required", ()) else f"`{key}`"


def _show_kind(root: Schema, described: Schema) -> str:
    if "patternProperties" in described:
        return "mapping, by name"
    if "items" in described:
        return f"list of {_show_kind(root, described['items'])}"
    found = _resolve(root, described)
    if "enum" in found:
        return ", ".join(f"`{value}`" for value in found["enum"])
    if "const" in found:
        return f"`{found['const']}`"
    if "anyOf" in found:
        return "address range"
    return _show_scalar(found)


def _show_scalar(found: Schema) -> str:
    if "properties" in found:
        return "mapping"
    if "minimum" in found:
        most = found["maximum"]
        return f"{found['minimum']} or more" if most == _UNBOUNDED else f"{found['minimum']} to {most}"
    pattern = found.get("pattern", "")
    if found.get("maxLength") == 255:
        return "host name"
    known = next((kind for part, kind in _KINDS.items() if part in pattern), None)
    return known or {"boolean": "`true`, `false`", "string": "text"}.get(found["type"], str(found["type"]))


def _show_default(described: Schema) -> str:
    default = described.get("default")
    if default is None or isinstance(default, dict):
        return ""
    shown = ", ".join(map(str, default)) if isinstance(default, list) else str(default)
    return f"`{shown.lower() if isinstance(default, bool) else shown}`"


def _find_meaning(path: tuple[str, ...], meanings: dict[tuple[str, ...], str]) -> str:
    """What the starter says at a place, or at the same key of another place."""
    if path in meanings:
        return meanings[path]
    alike = (meaning for place, meaning in meanings.items() if place[-2:] == path[-2:])
    return next(alike, "")


PAGES: Final = {"platform-file.md": render_platform_file}

if __name__ == "__main__":
    for page, render in PAGES.items():
        (Path(__file__).parent / page).write_text(render(), encoding="utf-8")
