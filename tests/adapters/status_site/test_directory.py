"""The directory: whoever reads it finds one publication, whole, whatever happens to the writer."""

import subprocess
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.status_site import make_document
from holdfast.adapters.status_site import SiteDirectory, load_memory, save_memory
from holdfast.adapters.status_site.directory import CURRENT, KEPT, RELEASES
from holdfast.incidents.status_document import remember
from holdfast.model.status_document import PublicMemory

FILES = {"index.html": b"one", "api/v2/status.json": b"{}", "style.css": b"body {}"}
WRITER = """
import itertools, sys
from pathlib import Path
from holdfast.adapters.status_site import SiteDirectory
directory = SiteDirectory(Path(sys.argv[1]))
for number in itertools.count():
    directory.publish({f"{n % 5}/{n}.txt": str(number).encode() for n in range(40)} | {"same.txt": b"same"})
    print(number, flush=True)
"""


def read_current(site: Path) -> dict[str, bytes]:
    release = (site / CURRENT).resolve(strict=True)
    return {str(path.relative_to(release)): path.read_bytes() for path in release.rglob("*") if path.is_file()}


def test_what_is_published_is_what_is_served(tmp_path: Path) -> None:
    directory = SiteDirectory(tmp_path / "site")
    assert directory.publish(FILES) == 3
    assert read_current(directory.path) == FILES
    fewer = {"index.html": b"two", "style.css": FILES["style.css"]}
    assert directory.publish(fewer) == 1
    assert read_current(directory.path) == fewer


def test_anybody_may_read_it(tmp_path: Path) -> None:
    directory = SiteDirectory(tmp_path / "site")
    directory.publish(FILES)
    release = (directory.path / CURRENT).resolve()
    assert {path.stat().st_mode & 0o777 for path in release.rglob("*")} == {0o644, 0o755}
    assert not (directory.path / CURRENT).readlink().is_absolute()


def test_anybody_may_read_what_a_process_that_shares_nothing_writes(tmp_path: Path) -> None:
    writer = WRITER.replace("import itertools", "import os; os.umask(0o077); import itertools")
    with run_writer(tmp_path / "site", writer) as running:
        assert running.stdout
        running.stdout.readline()
        running.kill()
    release = (tmp_path / "site" / CURRENT).resolve()
    assert {path.stat().st_mode & 0o777 for path in (release.parent, release, *release.rglob("*"))} == {0o644, 0o755}


def test_unchanged_files_are_the_same_file(tmp_path: Path) -> None:
    directory = SiteDirectory(tmp_path / "site")
    directory.publish(FILES)
    before = (directory.path / CURRENT / "style.css").stat().st_ino
    directory.publish({**FILES, "index.html": b"two"})
    assert (directory.path / CURRENT / "style.css").stat().st_ino == before


def test_old_publications_go_after_a_while(tmp_path: Path) -> None:
    directory = SiteDirectory(tmp_path / "site")
    for number in range(2 * KEPT):
        directory.publish({"index.html": str(number).encode()})
    assert len(list((directory.path / RELEASES).iterdir())) == KEPT


def test_another_writer_goes_on_where_one_ended(tmp_path: Path) -> None:
    SiteDirectory(tmp_path / "site").publish(FILES)
    (tmp_path / "site" / RELEASES / "9.unfinished").mkdir()
    assert SiteDirectory(tmp_path / "site").publish(FILES) == 3
    assert sorted(each.name for each in (tmp_path / "site" / RELEASES).iterdir()) == ["1", "2"]


def test_files_that_somebody_removed_are_written_again(tmp_path: Path) -> None:
    directory = SiteDirectory(tmp_path / "site")
    directory.publish(FILES)
    (directory.path / CURRENT / "style.css").unlink()
    assert directory.publish(FILES) == 1
    assert read_current(directory.path) == FILES


def run_writer(site: Path, writer: str = WRITER) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", writer, str(site)], stdout=subprocess.PIPE)


def test_a_writer_killed_anywhere_leaves_one_whole_publication(tmp_path: Path) -> None:
    site = tmp_path / "site"
    for round_ in range(6):
        with run_writer(site) as writer:
            assert writer.stdout
            for _ in range(3 + round_):
                writer.stdout.readline()
            writer.kill()
        found = read_current(site)
        assert len(found) == 41
        assert len({content for name, content in found.items() if name != "same.txt"}) == 1


def test_a_reader_never_finds_a_mixture(tmp_path: Path) -> None:
    site = tmp_path / "site"
    with run_writer(site) as writer:
        assert writer.stdout
        writer.stdout.readline()
        whole = 0
        while whole < 50:
            release = (site / CURRENT).resolve()
            try:
                found = {(release / f"{n % 5}/{n}.txt").read_bytes() for n in range(40)}
            except FileNotFoundError:
                continue
            assert len(found) == 1
            whole += 1
        writer.kill()


def test_memory_outlives_its_writer(tmp_path: Path) -> None:
    memory = remember(make_document())
    save_memory(tmp_path / "site", memory)
    assert load_memory(tmp_path / "site") == memory


@settings(max_examples=20)
@given(st.binary(max_size=40))
def test_memory_that_cannot_be_read_is_none(tmp_path_factory: object, content: bytes) -> None:
    folder = Path(tmp_path_factory.mktemp("site"))  # type: ignore[attr-defined]
    assert load_memory(folder) == PublicMemory()
    (folder / "memory.json").write_bytes(b"[" + content)
    assert load_memory(folder) == PublicMemory()
