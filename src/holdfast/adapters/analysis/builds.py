"""Builds of a component on disk: each version in a folder of its own, never changed, checked before it is run."""

import os
import shutil
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import Final
from zipfile import BadZipFile, ZipFile

from pydantic import Field, ValidationError

from holdfast.model.component import BUILT_IN, Build, BuildManifest, BuildVersion
from holdfast.model.noun import Noun

MANIFEST: Final = "component.json"
FILES_MAX: Final = 1_000
BYTES_MAX: Final = 16 * 1024**2
RAN_MAX: Final = 10
"""Versions that ran and can be returned to; builds that are among neither these nor the newest are removed."""


class UnfitBuild(Exception):
    """What was handed in can't be a build; the message says why."""


class Shelf(Noun):
    """Which builds there are, which ran in which order (the last is the present one), and which kept within budget."""

    builds: dict[BuildVersion, Build] = Field(default_factory=dict)
    ran: tuple[BuildVersion, ...] = (BUILT_IN,)
    proven: frozenset[BuildVersion] = frozenset()


class BuildStore:
    """Builds of one component below a folder. Everything here waits for the disk: not for an event loop."""

    def __init__(self, component: str, folder: Path) -> None:
        self._component, self._folder = component, folder
        self._shelf = self._load()

    @property
    def present(self) -> str:
        """The version to run."""
        return self._shelf.ran[-1]

    @property
    def before(self) -> str | None:
        """The version that ran before the present one."""
        return self._shelf.ran[-2] if len(self._shelf.ran) > 1 else None

    @property
    def versions(self) -> tuple[Build, ...]:
        """Every version that can be run."""
        return (Build(), *(self._place(build) for build in self._shelf.builds.values()))

    def is_proven(self, version: str) -> bool:
        """Whether it once kept within its budget for as long as it was in shadow."""
        return version in self._shelf.proven

    def install(self, source: Path) -> Build:
        """Take a copy of a folder, wheel or zip file with a manifest in it. UnfitBuild if it isn't fit, or OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = Path(mkdtemp(prefix=".draft-", dir=self._folder))
        try:
            _copy(source, draft)
            manifest = self._read_manifest(draft)
            build = Build(
                version=manifest.version,
                module=manifest.module,
                checksum=compute_checksum(draft),
            )
            self._put(draft, build)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return self._place(build)

    def find(self, version: str) -> Build:
        """A version that is there and still what was installed; UnfitBuild otherwise."""
        if version == BUILT_IN:
            return Build()
        build = self._shelf.builds.get(version)
        if build is None:
            raise UnfitBuild(f"there is no version {version}")
        if compute_checksum(self._folder / version) != build.checksum:
            raise UnfitBuild(f"version {version} isn't what was installed any more; install it anew")
        return self._place(build)

    def note_run(self, version: str) -> None:
        """A version is the present one from now on."""
        ran = tuple(v for v in self._shelf.ran if v != version)
        self._save(self._shelf.model_copy(update={"ran": (*ran, version)[-RAN_MAX:]}))

    def note_proven(self, version: str) -> None:
        """A version kept within its budget."""
        if not self.is_proven(version):
            self._save(self._shelf.model_copy(update={"proven": self._shelf.proven | {version}}))

    def step_back(self) -> None:
        """The version that ran before the present one is the present one from now on, and the present one forgotten."""
        if self.before is not None:
            self._save(self._shelf.model_copy(update={"ran": self._shelf.ran[:-1]}))

    def _place(self, build: Build) -> Build:
        return build.model_copy(update={"folder": str(self._folder / build.version)})

    def _put(self, draft: Path, build: Build) -> None:
        known = self._shelf.builds.get(build.version)
        if known is not None and known.checksum != build.checksum:
            raise UnfitBuild(f"there is another version {build.version} already: give this one a name of its own")
        place = self._folder / build.version
        shutil.rmtree(place, ignore_errors=True)
        draft.rename(place)
        kept = {v: b for v, b in self._shelf.builds.items() if v in self._shelf.ran}
        for version in self._shelf.builds.keys() - kept.keys() - {build.version}:
            shutil.rmtree(self._folder / version, ignore_errors=True)
        self._save(self._shelf.model_copy(update={"builds": {**kept, build.version: build}}))

    def _read_manifest(self, draft: Path) -> BuildManifest:
        try:
            manifest = BuildManifest.model_validate_json((draft / MANIFEST).read_bytes())
        except FileNotFoundError:
            raise UnfitBuild(f"there is no {MANIFEST} at its top") from None
        except ValidationError as error:
            mistakes = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise UnfitBuild(f"its {MANIFEST} isn't as it must be: {mistakes}") from None
        if manifest.component != self._component:
            raise UnfitBuild(f"it is a build of {manifest.component}, not of {self._component}")
        if manifest.version == BUILT_IN:
            raise UnfitBuild(f"the version {BUILT_IN} is Holdfast's own")
        return manifest

    def _load(self) -> Shelf:
        """What was saved; the built-in version alone if that can't be read any more."""
        try:
            return Shelf.model_validate_json((self._folder / "shelf.json").read_bytes())
        except (OSError, ValidationError):
            return Shelf()

    def _save(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._folder / "shelf.json.new"
        draft.write_text(shelf.model_dump_json(indent=1))
        draft.replace(self._folder / "shelf.json")


def compute_checksum(folder: Path) -> str:
    """SHA-256 over the names and contents of all files below a folder, in the order of their names."""
    digest = sha256()
    for path in sorted(_find_files(folder)):
        name = path.relative_to(folder).as_posix().encode()
        content = path.read_bytes()
        digest.update(b"%d:%b%d:%b" % (len(name), name, len(content), content))
    return digest.hexdigest()


def _copy(source: Path, draft: Path) -> None:
    """Copy a build's files, no more of them and no larger than is allowed, none of them outside `draft`."""
    if not source.is_absolute():
        raise UnfitBuild(f"{source} isn't an absolute path")
    if not source.exists():
        raise UnfitBuild(f"there is nothing at {source} on control's machine")
    _require_trusted(source)
    if source.is_dir():
        _copy_folder(source, draft)
        return
    try:
        _unpack(source, draft)
    except BadZipFile:
        raise UnfitBuild(f"{source} is neither a folder nor a wheel or zip file") from None


def _copy_folder(source: Path, draft: Path) -> None:
    room = _Room()
    for path in sorted(_find_files(source)):
        _require_trusted(path)
        room.take(path.stat().st_size)
        target = draft / path.relative_to(source)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())


def _unpack(source: Path, draft: Path) -> None:
    room = _Room()
    with ZipFile(source) as archive:
        for entry in archive.infolist():
            name = PurePosixPath(entry.filename)
            if name.is_absolute() or ".." in name.parts or stat.S_ISLNK(entry.external_attr >> 16):
                raise UnfitBuild(f"{entry.filename} would be outside the build's folder")
            if entry.is_dir():
                continue
            with archive.open(entry) as packed:
                content = packed.read(room.rest + 1)
            room.take(len(content))
            target = draft / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            target.write_bytes(content)


class _Room:
    """What a build may still have."""

    def __init__(self) -> None:
        self.rest = BYTES_MAX
        self._files = FILES_MAX

    def take(self, size: int) -> None:
        """A file of this size; UnfitBuild if that is too much."""
        self.rest -= size
        self._files -= 1
        if self.rest < 0 or self._files < 0:
            raise UnfitBuild(f"it has more than {FILES_MAX} files or {BYTES_MAX // 1024**2} MiB")


def _find_files(folder: Path) -> Iterator[Path]:
    """Regular files below a folder, without what Python compiled; UnfitBuild at anything else."""
    for path in folder.rglob("*"):
        if "__pycache__" in path.parts:
            continue
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode):
            yield path
        elif not stat.S_ISDIR(mode):
            raise UnfitBuild(f"{path.name} is neither a file nor a folder")


def _require_trusted(path: Path) -> None:
    """Nobody but root and Holdfast's own user may be able to change what Holdfast is about to run."""
    status = path.stat()
    if status.st_uid not in {0, os.geteuid()} or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UnfitBuild(f"{path} can be changed by others than Holdfast's user: chown it, and chmod go-w")
