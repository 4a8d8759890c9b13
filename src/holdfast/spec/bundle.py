"""A platform's directory as one text, for the journal and the API: its files, each below a line with its name."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

MAIN: Final = "platform.yaml"
"""The file of a directory that says everything but tenants, and may say some of them."""
BEGIN: Final = re.compile(r"^--- # file: (?P<name>[^\r\n]*)\r?$\n?", re.MULTILINE)
"""A line before a file. To YAML it begins a document, so that no file can hold one and be a platform's."""
_TENANT: Final = re.compile(r"tenants/(?P<tenant>[^/\x00-\x1f\x7f-\x9f\u2028\u2029]+)\.yaml")


class Part(NamedTuple):
    """A file of a directory: its name below that, with slashes, and its text.

    A platform that is one file has a single part, without a name.
    """

    name: str
    text: str

    @property
    def tenant(self) -> str | None:
        """The tenant that this is the file of."""
        return tenant_of(self.name)

    @property
    def is_main(self) -> bool:
        """Whether this is where everything stands that isn't a tenant's."""
        return self.name in {"", MAIN}

    def label(self, path: str) -> str:
        """What people call it, if the whole came from `path`; both are known to be printable after this."""
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in self.name)
        return "/".join(each for each in ("" if path == "-" and shown else path.rstrip("/"), shown) if each)


def tenant_of(name: str) -> str | None:
    """The tenant whose file has this name; None if that is no tenant's."""
    found = _TENANT.fullmatch(name)
    return found["tenant"] if found else None


def name_file(tenant: object) -> str:
    """The name of a tenant's file."""
    return f"tenants/{tenant}.yaml"


def split_text(text: str) -> tuple[Part, ...]:
    """The files that a text holds, in its order; a single one without a name, if it isn't a directory's."""
    begins = list(BEGIN.finditer(text))
    if not begins or begins[0].start() > 0:
        return (Part("", text),)
    ends = [*(each.start() for each in begins[1:]), len(text)]
    return tuple(Part(found["name"], text[found.end() : end]) for found, end in zip(begins, ends, strict=True))


def join_parts(parts: Iterable[Part]) -> str:
    """Files as one text; each ends with its line."""
    return "".join(f"--- # file: {part.name}\n{part.text}{_end_line(part.text)}" for part in parts)


def _end_line(text: str) -> str:
    return "" if not text or text.endswith("\n") else "\n"
