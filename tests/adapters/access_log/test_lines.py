"""Lines are found wherever the blocks that files are read by end, and whatever is in them is borne."""

import gzip
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.adapters.access_log import LogMaxima, lines
from holdfast.adapters.access_log.files import LogFiles
from holdfast.adapters.access_log.lines import SearchBudget, find_lines
from holdfast.adapters.access_log.reading import read_line
from holdfast.model.logged_request import LoggedRequest

LINES = st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"")), max_size=12)


def endless() -> SearchBudget:
    return SearchBudget(time.monotonic, float("inf"), 2**60)


@given(LINES, st.sampled_from([b"a", b"\x00", b"ab"]), st.integers(1, 30), st.booleans())
def test_lines_are_found_whatever_the_blocks(texts: list[bytes], wanted: bytes, block: int, torn: bool) -> None:
    whole = b"".join(text + b"\n" for text in texts)
    whole = whole[:-1] if torn else whole
    expected = [text for text in reversed(whole.split(b"\n")) if wanted in text]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK_BYTES", block)
        plain, packed = Path(folder, "a.log"), Path(folder, "a.log.gz")
        plain.write_bytes(whole)
        packed.write_bytes(gzip.compress(whole))
        assert list(find_lines((plain,), wanted, endless())) == expected
        assert list(find_lines((packed,), wanted, endless())) == expected


def test_a_broken_file_hides_no_other(tmp_path: Path) -> None:
    packed = gzip.compress(b"wanted 1\n" * 100_000)
    (tmp_path / "torn.gz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "no.gz").write_bytes(b"not gzip")
    (tmp_path / "good.log").write_bytes(b"wanted 2\n")
    paths = [tmp_path / name for name in ("torn.gz", "no.gz", "absent.log", "good.log")]
    assert list(find_lines(paths, b"wanted", endless()))[-1:] == [b"wanted 2"]


def test_a_search_ends_when_its_budget_is_spent(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"wanted\n" + b"x\n" * lines.BLOCK_BYTES)
    assert list(find_lines((path,), b"wanted", SearchBudget(time.monotonic, float("inf"), lines.BLOCK_BYTES))) == []


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda t: b'{"request_id": ' + t.encode("utf-8", "ignore")))
def test_no_line_is_too_strange(line: bytes) -> None:
    found = read_line(line, "e")
    assert found is None or isinstance(found, LoggedRequest)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"at": 1}',
        b'{"at": "soon", "request_id": "1"}',
        b'{"at": NaN, "request_id": "1"}',
        b'1.2.3.4 - - [never] "GET / HTTP/1.1" 200 0 "-" "-" request_id=1',
    ],
)
def test_what_is_no_request_is_passed_over(line: bytes) -> None:
    assert read_line(line, "e") is None


def test_a_line_is_read_without_its_secrets() -> None:
    read = read_line(
        b'{"at": "1700000000.25", "request_id": "r", "path": "/a/ann@shop.example?token=1", "duration_ms": 1500,'
        b' "upstream_ms": null, "referer": "https://u:p@shop.example/?q=1", "flags": "-", "later": {"a": 1},'
        b' "user_agent": "' + b"x" * 5_000 + b'"}',
        "e",
    )
    assert read is not None
    assert (read.at, read.edge, read.duration_s, read.upstream_s) == (1_700_000_000.25, "e", 1.5, None)
    assert (read.path, read.referer, read.flags) == ("/a/***", "https://shop.example/", "")
    assert len(read.user_agent) == 1_024


def test_a_clients_own_words_forge_nothing_in_the_combined_format() -> None:
    forged = 'x" edge="e9" client="1.1.1.1" status="200" request_id="other" cause="kill"'
    line = (
        f'9.9.9.9 - - [21/Nov/2026:11:00:00 +0000] "GET /a HTTP/1.1" 429 7 "-" "{forged}"'
        ' host="shop.example" request_id="mine" cause="limit.service" rule="-" duration_ms="12"'
    )
    read = read_line(line.encode(), "e1")
    assert read is not None
    assert (read.edge, read.client, read.status, read.request_id) == ("e1", "9.9.9.9", 429, "mine")
    assert (read.cause, read.rule, read.duration_s, read.host) == ("limit.service", "", 0.012, "shop.example")


@given(st.lists(st.integers(0, 50), max_size=12), st.integers(0, 5), st.integers(0, 200))
def test_earlier_files_stay_within_their_maxima(sizes: list[int], files: int, total: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        current = Path(folder, "access.log")
        current.write_bytes(b"")
        for number, size in enumerate(sizes):
            Path(folder, f"access-{number:015d}.log.gz").write_bytes(b"x" * size)
        kept = LogFiles(current, LogMaxima(files=files, total_bytes=total, free_bytes_min=0))
        kept.tend(0.0)
        left = [path.stat().st_size for path in kept.earlier()]
        assert len(left) <= files
        assert sum(left) <= total
        assert left == list(reversed(sizes))[: len(left)]


def test_a_file_is_put_aside_when_it_is_old(tmp_path: Path) -> None:
    current = tmp_path / "access.log"
    current.write_bytes(b"x\n")
    files = LogFiles(current, LogMaxima(file_age_s=100, free_bytes_min=0))
    files.tend(1_000.0)
    files.tend(1_099.0)
    assert (current.exists(), files.reopen_due) == (True, False)
    files.tend(1_100.0)
    assert (current.exists(), files.reopen_due) == (False, True)
    assert [path.name for path in files.earlier()] == ["access-000000001100000.log"]
