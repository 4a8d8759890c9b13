"""What a diagnostic code is, and a finding: one use of a code, at a place in the platform's tree."""

from typing import NamedTuple

from holdfast.model.diagnostic import Severity
from holdfast.model.noun import Noun

Path = tuple[str | int, ...]
"""Keys and indices from the root of the file, such as ("tenants", "acme", "services", "shop", "hosts", 0)."""


class Code(Noun):
    """One kind of mistake: its stable name, what it means, and an example of it with its repair.

    `wrong` and `right` are YAML, laid over a small valid platform (`null` there takes a key away), or
    whole files if `whole`. Where the mistake is in the world and not in the file, `wrong` is empty.
    """

    name: str
    severity: Severity
    title: str
    meaning: str
    wrong: str = ""
    right: str = ""
    whole: bool = False

    def at(self, path: Path, message: str, fix: str, *, on_key: bool = False, first: Path | None = None) -> "Finding":
        """A finding of this mistake at a path. `first` is the other place that it takes to make the mistake."""
        return Finding(self, path, message, fix, on_key, first)


class Finding(NamedTuple):
    """One mistake, at a path of the platform's tree; `on_key` points at the key and not at its value."""

    code: Code
    path: Path
    message: str
    fix: str
    on_key: bool = False
    first: Path | None = None


def error(name: str, title: str, meaning: str, **example: str | bool) -> Code:
    """A code that keeps a file from going in force."""
    return Code.model_validate(
        {"name": name, "severity": Severity.ERROR, "title": title, "meaning": meaning, **example}
    )


def warning(name: str, title: str, meaning: str, **example: str | bool) -> Code:
    """A code that points at a danger, and lets the file pass."""
    return Code.model_validate(
        {"name": name, "severity": Severity.WARNING, "title": title, "meaning": meaning, **example}
    )


def show_path(path: Path) -> str:
    """A path as people write it: `tenants.acme.services.shop.hosts[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
