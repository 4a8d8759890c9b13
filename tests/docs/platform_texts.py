"""Platform files as a page's reader has them after each of its YAML blocks."""

from typing import Any

import yaml


def apply_text(platform: str, block: str) -> str:
    """A whole file as it stands; a part of one laid over the file so far."""
    said = yaml.safe_load(block)
    if "holdfast" in said:
        return block
    return yaml.safe_dump(lay_over(yaml.safe_load(platform), said), sort_keys=False)


def lay_over(base: Any, over: Any) -> Any:
    """`base` with what `over` says; None takes a key away."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    merged = {**base, **{key: lay_over(base.get(key), value) for key, value in over.items()}}
    return {key: value for key, value in merged.items() if value is not None}
