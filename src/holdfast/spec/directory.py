"""A platform in several files -> the data of all of them in one tree, or diagnostics, each of its own file."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final

from holdfast.model.diagnostic import Diagnostic
from holdfast.spec.bundle import BEGIN, MAIN, Part, join_parts, name_file, tenant_of
from holdfast.spec.codes import Code, error
from holdfast.spec.document import DOCUMENTS, FILE_SIZE_MAX, TOO_LARGE, Document, decode_text, diagnose, read_document
from holdfast.spec.events import NODES_MAX, Mark

NO_PLATFORM = error(
    "HF121",
    "a directory without platform.yaml",
    "A platform that is a directory has a file `platform.yaml`, with everything that isn't a tenant's, and for each "
    "tenant a file `tenants/NAME.yaml`.",
    wrong="--- # file: tenants/acme.yaml\nservices: {}\n",
    right="--- # file: platform.yaml\nholdfast: 1\nname: demo\n",
    whole=True,
)
TENANT_TWICE = error(
    "HF122",
    "a tenant in two files",
    "A tenant that has a file of its own also stands under `tenants` in platform.yaml. What of it holds would be "
    "anybody's guess.",
    wrong="--- # file: platform.yaml\nholdfast: 1\nname: demo\ntenants: {acme: {services: {}}}\n"
    "--- # file: tenants/acme.yaml\nservices: {}\n",
    right="--- # file: platform.yaml\nholdfast: 1\nname: demo\n--- # file: tenants/acme.yaml\nservices: {}\n",
    whole=True,
)
FILE_TWICE = error(
    "HF123",
    "one file, twice",
    "A directory that is sent as one text names the same file twice.",
    wrong="--- # file: platform.yaml\nholdfast: 1\nname: demo\n--- # file: platform.yaml\nmode: observe\n",
    right="--- # file: platform.yaml\nholdfast: 1\nname: demo\nmode: observe\n",
    whole=True,
)
STRAY = error(
    "HF124",
    "a file that is no tenant's",
    "In `tenants`, files are called by their tenants: `NAME.yaml`. Anything else there would be left out in silence, "
    "and with it what somebody believes is in force. Names that begin with a dot are passed over.",
    wrong="--- # file: platform.yaml\nholdfast: 1\nname: demo\n--- # file: tenants/acme.yml\nservices: {}\n",
    right="--- # file: platform.yaml\nholdfast: 1\nname: demo\n--- # file: tenants/acme.yaml\nservices: {}\n",
    whole=True,
)
TENANT_NAMED = error(
    "HF125",
    "a tenant's file that names tenants",
    "A file in `tenants` is about the tenant that it is called by, and holds what would stand under its name.",
    wrong="--- # file: platform.yaml\nholdfast: 1\nname: demo\n"
    "--- # file: tenants/acme.yaml\ntenants: {acme: {services: {}}}\n",
    right="--- # file: platform.yaml\nholdfast: 1\nname: demo\n--- # file: tenants/acme.yaml\nservices: {}\n",
    whole=True,
)
OUTSIDE = error(
    "HF126",
    "a link out of the directory",
    "A file of the directory is a symbolic link to something outside of it. Who reviews the directory doesn't see what "
    "it says.",
)
NOT_A_FILE = error("HF127", "not a file", "Where a file is expected, there is a directory, a device or the like.")


class Oddity(Enum):
    """Why there are no bytes to check under a name."""

    OUTSIDE = "outside"
    NOT_A_FILE = "not a file"
    TOO_LARGE = "too large"


Content = bytes | Oddity
_START: Final = Mark(1, 1)
_FIRST_OF_TENANT: Final = "services:"
_ODDITIES: Final[dict[Oddity, tuple[Code, str, str]]] = {
    Oddity.OUTSIDE: (OUTSIDE, "this is a link to something outside of the directory", "put the file itself here"),
    Oddity.NOT_A_FILE: (NOT_A_FILE, "this is no file", "put a file here, or take it away"),
    Oddity.TOO_LARGE: (
        TOO_LARGE,
        f"with this file the directory has more than {FILE_SIZE_MAX:,} bytes",
        "state what services share once, under `defaults`",
    ),
}


def bundle_files(files: Mapping[str, Content], path: str) -> tuple[str, tuple[Diagnostic, ...]]:
    """The files of a directory as one text, and what is wrong with those that can't be in it."""
    parts = list[Part]()
    refused = list[Diagnostic]()
    for name in sorted(files, key=lambda name: (name != MAIN, name)):
        part = _read_file(name, files[name], Part(name, "").label(path))
        if isinstance(part, Diagnostic):
            refused.append(part)
        else:
            parts.append(part)
    if MAIN not in files:
        refused.append(_report_absence(Part(MAIN, "").label(path)))
    return join_parts(parts), tuple(refused)


def read_parts(parts: Sequence[Part], path: str) -> Document:
    """All data of a platform in one tree. A tenant whose file can't be read is left out of it."""
    if len(parts) == 1 and not parts[0].name:
        return read_document(parts[0].text, path)
    if sum(len(part.text) for part in parts) > FILE_SIZE_MAX:
        return Document(None, (_report_oddity(Oddity.TOO_LARGE, path),))
    reading = _Reading(path)
    for part in parts:
        reading.add(part)
    return reading.conclude()


class _Reading:
    """Files that are being read one after the other, within the limits of one."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._names: set[str] = set()
        self._main: Document | None = None
        self._tenants: dict[str, Any] = {}
        self._found: list[Diagnostic] = []
        self._nodes = 0

    def add(self, part: Part) -> None:
        """Read one more file."""
        label = part.label(self._path)
        if part.name in self._names:
            self._report(FILE_TWICE, label, f"{part.name} is in this text twice", "put all of it in one place")
        elif part.is_main:
            self._main = self._read(part, label)
        elif part.tenant is None:
            self._found.append(_report_stray(part.name, label))
        else:
            self._add_tenant(part.tenant, self._read(part, label, _FIRST_OF_TENANT), label)
        self._names.add(part.name)

    def conclude(self) -> Document:
        """All that was read."""
        if self._main is None:
            self._found.append(_report_absence(Part(MAIN, "").label(self._path)))
        tree = self._main.tree if self._main else None
        if tree is None:
            return Document(None, tuple(self._found), self._nodes)
        merged = {**tree, "tenants": self._merge(tree.get("tenants", {}))}
        return Document(merged, tuple(self._found), self._nodes)

    def _read(self, part: Part, label: str, first: str | None = None) -> Document:
        rest = NODES_MAX - self._nodes
        document = read_document(part.text, label, rest, first) if first else read_document(part.text, label, rest)
        self._nodes += document.nodes
        self._found += document.diagnostics
        return document

    def _add_tenant(self, tenant: str, document: Document, label: str) -> None:
        tree = document.tree
        if tree is None:
            return
        if set(tree) in ({"tenants"}, {tenant}):
            fix = "take that line out, and indent the others less"
            self._report(TENANT_NAMED, label, f"what stands here is under `{next(iter(tree))}:`", fix)
        else:
            self._tenants[tenant] = tree

    def _merge(self, tenants: Any) -> Any:
        if not isinstance(tenants, dict):
            return tenants
        for tenant in self._tenants:
            if tenant in tenants:
                label = Part(name_file(tenant), "").label(self._path)
                message = f"tenant {tenant} stands in {MAIN} as well"
                self._report(TENANT_TWICE, label, message, f"take `tenants.{tenant}` out of {MAIN}, or this file away")
        return {**tenants, **self._tenants}

    def _report(self, code: Code, label: str, message: str, fix: str) -> None:
        self._found.append(diagnose(code, label, _START, "", message, fix))


def _read_file(name: str, content: Content, label: str) -> Part | Diagnostic:
    if isinstance(content, Oddity):
        return _report_oddity(content, label)
    if name != MAIN and tenant_of(name) is None:
        return _report_stray(name, label)
    text = decode_text(content, label)
    if isinstance(text, Diagnostic):
        return text
    if found := BEGIN.search(text):
        mark = Mark(text.count("\n", 0, found.start()) + 1, 1)
        return diagnose(DOCUMENTS, label, mark, "---", "a second document begins here", "keep one document to a file")
    return Part(name, text)


def _report_oddity(oddity: Oddity, label: str) -> Diagnostic:
    code, message, fix = _ODDITIES[oddity]
    return diagnose(code, label, _START, "", message, fix)


def _report_stray(name: str, label: str) -> Diagnostic:
    stem = name.rpartition("/")[2].partition(".")[0]
    tenant = stem.lower() if stem.isascii() and stem else "NAME"
    fix = f"call it {name_file(tenant)} if it is a tenant's, else put it elsewhere"
    return diagnose(STRAY, label, _START, "", "this file is no tenant's by its name", fix)


def _report_absence(label: str) -> Diagnostic:
    message, fix = f"there is no {MAIN}", f"write one; `holdfast init {label}` writes one to start from"
    return diagnose(NO_PLATFORM, label, _START, "", message, fix)
