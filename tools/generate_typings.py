"""Writes type stubs for the generated protobuf modules that the sources import, into `typings/`.

`xds-protos` comes without stubs. Its modules carry their own descriptors, so these are handed to `protoc` with
`mypy-protobuf` as its plug-in. `google.protobuf` is left out: `types-protobuf` has it.
"""

import ast
import hashlib
import importlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("src", "tests", "bench")
TYPINGS = ROOT / "typings"
STAMP = ".inputs-sha256"
SUFFIX = "_pb2"
STUBBED_ELSEWHERE = "google/protobuf/"


def imported_protobuf_modules(source: str) -> Iterator[str]:
    """The dotted names of the `*_pb2` modules that one module's text imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (name for name in names if name.endswith(SUFFIX))


def find_protobuf_modules(folders: Iterable[Path]) -> list[str]:
    """Every `*_pb2` module imported under `folders`, once, in order."""
    files = [file for folder in folders for file in folder.rglob("*.py")]
    return sorted({name for file in files for name in imported_protobuf_modules(file.read_text())})


def collect_descriptors(modules: Iterable[str]) -> FileDescriptorSet:
    """The descriptors of `modules` and of all that these depend on, a dependency before its dependants."""
    collected: dict[str, FileDescriptorProto] = {}

    def collect(file: FileDescriptor) -> None:
        if file.name in collected:
            return
        for dependency in file.dependencies:
            collect(dependency)
        proto = FileDescriptorProto()
        file.CopyToProto(proto)
        collected[file.name] = proto

    for name in modules:
        collect(importlib.import_module(name).DESCRIPTOR)
    return FileDescriptorSet(file=collected.values())


def hash_inputs(descriptors: FileDescriptorSet) -> str:
    """Changes when the stubs would."""
    parts = (
        descriptors.SerializeToString(deterministic=True),
        version("mypy-protobuf").encode(),
        Path(__file__).read_bytes(),
    )
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def write_stubs(descriptors: FileDescriptorSet, folder: Path) -> None:
    """Runs `protoc` over `descriptors`; raises CalledProcessError when it refuses them."""
    source = folder / "descriptors.binpb"
    source.write_bytes(descriptors.SerializeToString())
    plugin = Path(sys.executable).parent / "protoc-gen-mypy"
    subprocess.run(
        [
            *(sys.executable, "-m", "grpc_tools.protoc"),
            f"--plugin=protoc-gen-mypy={plugin}",
            f"--descriptor_set_in={source}",
            f"--mypy_out=quiet:{folder}",
            *(file.name for file in descriptors.file if not file.name.startswith(STUBBED_ELSEWHERE)),
        ],
        check=True,
    )
    source.unlink()


def main() -> None:
    """Writes the stubs unless those that are there came from the same inputs."""
    descriptors = collect_descriptors(find_protobuf_modules(ROOT / folder for folder in SOURCES))
    wanted = hash_inputs(descriptors)
    stamp = TYPINGS / STAMP
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".typings-") as scratch:
        fresh = Path(scratch) / "typings"
        fresh.mkdir()
        write_stubs(descriptors, fresh)
        (fresh / STAMP).write_text(wanted)
        shutil.rmtree(TYPINGS, ignore_errors=True)
        fresh.rename(TYPINGS)
    # mypy remembers a module that it did not find, and does not look again when its stub appears.
    shutil.rmtree(ROOT / ".mypy_cache", ignore_errors=True)


if __name__ == "__main__":
    main()
