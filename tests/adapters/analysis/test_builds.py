"""Builds on disk: taken as they are, or not at all."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import pytest

from holdfast.adapters.analysis.builds import BYTES_MAX, FILES_MAX, BuildStore, UnfitBuild
from holdfast.model.component import BUILT_IN


def write_build(folder: Path, version: str = "2", **manifest: str) -> Path:
    folder.mkdir(mode=0o755)
    told = {"component": "analyser", "version": version, "module": "other", **manifest}
    (folder / "component.json").write_text(json.dumps(told))
    (folder / "package").mkdir(mode=0o755)
    (folder / "package" / "other.py").write_text(f"print({version!r})")
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def pack(folder: Path, archive: Path) -> Path:
    with ZipFile(archive, "w") as packed:
        for path in folder.rglob("*"):
            packed.write(path, path.relative_to(folder))
    archive.chmod(0o644)
    return archive


@pytest.fixture
def store(tmp_path: Path) -> BuildStore:
    return BuildStore("analyser", tmp_path / "components" / "analyser")


def test_a_folder_and_a_wheel_of_it_are_the_same_build(tmp_path: Path, store: BuildStore) -> None:
    folder = write_build(tmp_path / "build")
    build = store.install(folder)
    assert build.folder == str(tmp_path / "components" / "analyser" / "2")
    assert (Path(build.folder) / "package" / "other.py").read_text() == "print('2')"
    assert store.install(pack(folder, tmp_path / "other.whl")) == build
    assert store.find("2") == build
    assert [each.version for each in store.versions] == [BUILT_IN, "2"]


def test_versions_that_ran_can_be_returned_to_and_it_is_remembered(tmp_path: Path, store: BuildStore) -> None:
    assert (store.present, store.before) == (BUILT_IN, None)
    for version in ("2", "3"):
        store.install(write_build(tmp_path / version, version))
        store.note_run(version)
    store.note_proven("2")
    again = BuildStore("analyser", tmp_path / "components" / "analyser")
    assert (again.present, again.before, again.is_proven("2"), again.is_proven("3")) == ("3", "2", True, False)
    again.step_back()
    assert (again.present, again.before) == ("2", BUILT_IN)
    again.step_back()
    again.step_back()
    assert (again.present, again.before) == (BUILT_IN, None)


def test_builds_that_nobody_may_return_to_are_removed(tmp_path: Path, store: BuildStore) -> None:
    for version in ("2", "3"):
        store.install(write_build(tmp_path / version, version))
    assert [each.version for each in store.versions] == [BUILT_IN, "3"]
    assert sorted(p.name for p in (tmp_path / "components" / "analyser").iterdir()) == ["3", "shelf.json"]


def test_what_was_changed_after_it_was_installed_is_not_run(tmp_path: Path, store: BuildStore) -> None:
    build = store.install(write_build(tmp_path / "build"))
    (Path(str(build.folder)) / "package" / "more.py").write_text("")
    with pytest.raises(UnfitBuild, match="isn't what was installed"):
        store.find("2")
    with pytest.raises(UnfitBuild, match="no version 7"):
        store.find("7")


def test_a_shelf_that_cannot_be_read_leaves_the_built_in_version(tmp_path: Path, store: BuildStore) -> None:
    store.install(write_build(tmp_path / "build"))
    (tmp_path / "components" / "analyser" / "shelf.json").write_text("{")
    assert BuildStore("analyser", tmp_path / "components" / "analyser").present == BUILT_IN


def add_link(folder: Path) -> None:
    (folder / "link").symlink_to("/etc/passwd")


def add_pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe")


def add_much(folder: Path) -> None:
    with (folder / "much").open("wb") as file:
        file.truncate(BYTES_MAX + 1)


def add_many(folder: Path) -> None:
    for number in range(FILES_MAX + 1):
        (folder / f"f{number}").touch()


def lose_manifest(folder: Path) -> None:
    (folder / "component.json").unlink()


def open_to_others(folder: Path) -> None:
    (folder / "package" / "other.py").chmod(0o666)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (add_link, "neither a file nor a folder"),
        (add_pipe, "neither a file nor a folder"),
        (add_much, "more than 1000 files or 16 MiB"),
        (add_many, "more than 1000 files or 16 MiB"),
        (lose_manifest, "no component.json"),
        (open_to_others, "can be changed by others"),
    ],
)
def test_what_cannot_be_a_build(tmp_path: Path, store: BuildStore, change: Callable[[Path], None], why: str) -> None:
    folder = write_build(tmp_path / "build")
    change(folder)
    with pytest.raises(UnfitBuild, match=why):
        store.install(folder)
    assert [each.version for each in store.versions] == [BUILT_IN]
    assert not [p for p in (tmp_path / "components" / "analyser").glob("*") if p.name != "shelf.json"]


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        ({"version": BUILT_IN}, "Holdfast's own"),
        ({"version": "../../evil"}, "version"),
        ({"version": ".."}, "version"),
        ({"version": "shelf.json/"}, "version"),
        ({"component": "detector"}, "build of detector"),
        ({"module": "os; import sys"}, "module"),
        ({"surprise": "1"}, "surprise"),
    ],
)
def test_manifests_that_are_not_taken(tmp_path: Path, store: BuildStore, manifest: dict[str, str], why: str) -> None:
    with pytest.raises(UnfitBuild, match=why):
        store.install(write_build(tmp_path / "build", **manifest))


def test_a_version_is_never_changed(tmp_path: Path, store: BuildStore) -> None:
    build = store.install(write_build(tmp_path / "build"))
    other = write_build(tmp_path / "other")
    (other / "package" / "other.py").write_text("print('changed')")
    with pytest.raises(UnfitBuild, match="another version 2 already"):
        store.install(other)
    assert store.find("2") == build


@pytest.mark.parametrize("name", ["../evil.py", "/evil.py", "a/../../evil.py"])
def test_an_archive_unpacks_nothing_outside(tmp_path: Path, store: BuildStore, name: str) -> None:
    archive = pack(write_build(tmp_path / "build"), tmp_path / "evil.whl")
    with ZipFile(archive, "a") as packed:
        packed.writestr(name, "print()")
    with pytest.raises(UnfitBuild, match="outside"):
        store.install(archive)
    assert not list(tmp_path.rglob("evil.py"))


def test_an_archive_holds_no_links_and_does_not_swell(tmp_path: Path, store: BuildStore) -> None:
    archive = pack(write_build(tmp_path / "build"), tmp_path / "evil.whl")
    link = ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with ZipFile(archive, "a") as packed:
        packed.writestr(link, "/etc/passwd")
    with pytest.raises(UnfitBuild, match="outside"):
        store.install(archive)
    bomb = tmp_path / "bomb.whl"
    with ZipFile(bomb, "w", compression=8) as packed:
        packed.writestr("zeros", bytes(BYTES_MAX + 1))
    bomb.chmod(0o644)
    with pytest.raises(UnfitBuild, match="more than"):
        store.install(bomb)


@pytest.mark.parametrize("path", ["relative", "/nowhere/at/all"])
def test_paths_that_lead_nowhere(store: BuildStore, path: str) -> None:
    with pytest.raises(UnfitBuild, match=r"absolute|nothing at"):
        store.install(Path(path))


def test_what_is_neither_folder_nor_archive(tmp_path: Path, store: BuildStore) -> None:
    (tmp_path / "text").write_text("hello")
    (tmp_path / "text").chmod(0o600)
    with pytest.raises(UnfitBuild, match="neither a folder nor"):
        store.install(tmp_path / "text")
