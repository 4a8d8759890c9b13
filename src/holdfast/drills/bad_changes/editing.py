"""Edits of a platform's text, as the corpus writes them."""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

import yaml

Edit = Mapping[str, Any]
Files = dict[str, bytes]
"""A platform as files: `platform.yaml` alone, or that and `tenants/NAME.yaml`."""

MAIN: Final = "platform.yaml"
_PARTS: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class BadEdit(ValueError):
    """An edit that can't be made: the case is wrong by itself."""


def apply_edits(files: Files, edits: Sequence[Edit]) -> Files:
    """The files after these edits, in order. BadEdit if one can't be made."""
    for edit in edits:
        files = _apply_text(files, edit) or _apply_files(files, edit) or _apply_tree(files, edit)
    return files


def _apply_text(files: Files, edit: Edit) -> Files | None:
    if "repeat_text" in edit:
        return {**files, MAIN: files[MAIN] * int(edit["repeat_text"])}
    if "replace_text" not in edit:
        return None
    old = str(edit["replace_text"]).encode()
    new = bytes.fromhex(edit["with_hex"]) if "with_hex" in edit else str(edit["with"]).encode()
    if old not in files[MAIN]:
        raise BadEdit(f"{old!r} isn't in the text")
    return {**files, MAIN: files[MAIN].replace(old, new) if edit.get("all") else files[MAIN].replace(old, new, 1)}


def _apply_files(files: Files, edit: Edit) -> Files | None:
    if "file" in edit:
        return {**files, str(edit["file"]): files[str(edit["copy_of"])]}
    if edit.get("split") != "tenants":
        return None
    tree = yaml.safe_load(files[MAIN])
    tenants = tree.pop("tenants")
    return {MAIN: _dump(tree), **{f"tenants/{name}.yaml": _dump(tenant) for name, tenant in tenants.items()}}


def _apply_tree(files: Files, edit: Edit) -> Files:
    tree = deepcopy(yaml.safe_load(files[MAIN]))
    (verb, where), *_ = edit.items()
    *above, last = _split(str(where))
    try:
        place = tree
        for part in above:
            place = place[part]
        _change(place, last, verb, edit)
    except (KeyError, IndexError, TypeError) as error:
        raise BadEdit(f"{verb} {where}: {error!r}") from error
    return {**files, MAIN: _dump(tree)}


def _change(place: Any, last: str | int, verb: str, edit: Edit) -> None:
    match verb:
        case "set":
            place[last] = edit["to"]
        case "remove":
            del place[last]
        case "append":
            place[last].append(edit["value"])
        case "insert":
            place.insert(last, edit["value"])
        case "reverse":
            items = list(place[last].items())
            place[last] = dict(reversed(items))
        case _:
            raise BadEdit(f"no such edit: {verb}")


def _split(path: str) -> list[str | int]:
    return [key or int(index) for key, index in _PARTS.findall(path)]


def _dump(tree: Any) -> bytes:
    return yaml.dump(tree, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=120).encode()
