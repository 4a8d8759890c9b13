import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.adapters.accounts.keeping import Bounds
from holdfast.adapters.accounts.packing import Tally, add_up, pack, unpack
from holdfast.adapters.accounts.schema import Grain
from holdfast.adapters.accounts.sql_accounts import Batch, KeptStretch, Name, SlotTally, SqlAccounts
from holdfast.adapters.accounts.sqlite import AccountsUnavailable
from holdfast.model.downtime import Standing, Stretch

SHOP, BLOG = Name("service", "shop"), Name("service", "blog")
BEGAN = 1_700_006_400.0
"""A whole day, in Unix time."""
FOREVER = 1e12


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "accounts.db"


def slot(at: float, shop: float = 1.0, blog: float = 0.0, region: str = "us") -> SlotTally:
    counts = np.array([[shop, shop], [blog, blog]], np.float32)
    return SlotTally(region, at, (SHOP, BLOG), counts)


def fill(store: SqlAccounts, slots: int, step_s: float = 5.0, subjects: int = 2) -> float:
    """So many slots of random counts; when the last one is over."""
    rng = np.random.default_rng(1)
    names = [Name("service", f"service-{n}") for n in range(subjects)]
    for number in range(slots):
        counts = rng.integers(0, 1000, (subjects, 9)).astype(np.float32)
        store.write(Batch([SlotTally("us", BEGAN + number * step_s, names, counts)]))
    return BEGAN + slots * step_s


@given(
    st.lists(st.integers(1, 2**32 - 1), unique=True, max_size=40).map(sorted),
    st.integers(1, 9),
    st.integers(0, 2**31),
)
def test_what_is_packed_is_unpacked(ids: list[int], columns: int, seed: int) -> None:
    counts = np.random.default_rng(seed).integers(0, 1000, (len(ids), columns)).astype(np.float32)
    found = unpack(pack(Tally(np.array(ids, np.uint32), counts)))
    assert found.ids.tolist() == ids
    assert np.array_equal(found.counts, counts)


def test_what_isnt_packed_isnt_unpacked() -> None:
    with pytest.raises(ValueError, match="unpacked"):
        unpack(b"nonsense")


def test_tallies_of_different_subjects_add_up() -> None:
    one = Tally(np.array([1, 3], np.uint32), np.array([[1.0], [2.0]], np.float32))
    other = Tally(np.array([2, 3], np.uint32), np.array([[4.0], [8.0]], np.float32))
    whole = add_up([one, other])
    assert whole is not None
    assert (whole.ids.tolist(), whole.counts[:, 0].tolist()) == ([1, 2, 3], [1.0, 4.0, 10.0])
    assert add_up([]) is None


def test_the_file_is_for_nobody_else(path: Path) -> None:
    SqlAccounts(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_was_written_is_there_after_a_restart(path: Path) -> None:
    store = SqlAccounts(path)
    stretch = KeptStretch(SHOP, "us", Stretch(BEGAN, BEGAN + 60, Standing.DOWN, 10, 8))
    store.write(Batch([slot(BEGAN)], [stretch], {"closed": BEGAN + 5}))
    store.close()
    again = SqlAccounts(path)
    ((at, tally),) = again.read_tallies(Grain.SLOT, "us", BEGAN, FOREVER)
    assert (at, [again.find_name(number) for number in tally.ids.tolist()]) == (BEGAN, [SHOP, BLOG])
    assert list(again.read_stretches(0)) == [stretch]
    assert again.read_marks()["closed"] == BEGAN + 5
    again.close()


def test_a_batch_is_kept_whole_or_not_at_all(path: Path) -> None:
    store = SqlAccounts(path)
    bad = KeptStretch(SHOP, "us", Stretch(BEGAN, None, Standing.DOWN, 1, 1))  # type: ignore[arg-type]
    with pytest.raises(AccountsUnavailable):
        store.write(Batch([slot(BEGAN)], [bad]))
    assert store.read_tallies(Grain.SLOT, "us", 0, FOREVER) == []
    store.write(Batch([slot(BEGAN)]))
    assert len(store.read_tallies(Grain.SLOT, "us", 0, FOREVER)) == 1
    store.close()


@given(st.lists(st.tuples(st.integers(0, 40_000), st.integers(0, 100)), unique_by=lambda each: each[0], max_size=30))
@settings(max_examples=20, deadline=None)
def test_coarser_tallies_are_the_sums_of_finer_ones(slots: list[tuple[int, int]]) -> None:
    store = _open_fresh()
    for number, shop in slots:
        store.write(Batch([slot(BEGAN + number * 5.0, float(shop))]))
    end = BEGAN + 5 * 86_400
    store.tidy(BEGAN + 40_001 * 5.0)
    store.tidy(end)
    sums = {
        grain: sum(float(tally.counts.sum()) for _, tally in store.read_tallies(grain, "us", 0, FOREVER))
        for grain in (Grain.MINUTE, Grain.HOUR, Grain.DAY)
    }
    store.close()
    assert set(sums.values()) == {2.0 * sum(shop for _, shop in slots)}


def _open_fresh() -> SqlAccounts:
    return SqlAccounts(Path(tempfile.mkdtemp()) / "accounts.db")


def test_what_is_too_much_goes_the_oldest_and_finest_first(path: Path) -> None:
    store = SqlAccounts(path, Bounds(bytes_max=1_000_000))
    end = fill(store, 600, subjects=200)
    store.tidy(end)
    slots = store.read_tallies(Grain.SLOT, "us", 0, FOREVER)
    minutes = store.read_tallies(Grain.MINUTE, "us", 0, FOREVER)
    assert 0 < len(slots) < 600
    assert slots[-1][0] == end - 5
    assert len(minutes) == 50
    store.tidy(end)
    store.close()
    assert path.stat().st_size < 2 * 2**20


def test_what_is_too_old_goes_and_days_and_stretches_stay_for_400_days(path: Path) -> None:
    store = SqlAccounts(path)
    stretch = KeptStretch(SHOP, "us", Stretch(BEGAN, BEGAN + 60, Standing.DOWN, 10, 8))
    store.write(Batch([slot(BEGAN)], [stretch]))
    for days in (1, 10, 61):
        store.tidy(BEGAN + days * 86_400 + 1)
    assert [len(store.read_tallies(grain, "us", 0, FOREVER)) for grain in Grain] == [0, 0, 0, 1]
    assert list(store.read_stretches(0)) == [stretch]
    store.tidy(BEGAN + 402 * 86_400)
    assert store.read_tallies(Grain.DAY, "us", 0, FOREVER) == []
    assert list(store.read_stretches(0)) == []
    store.close()


def test_of_stretches_no_more_than_some_are_kept(path: Path) -> None:
    store = SqlAccounts(path, Bounds(stretches_max=10))
    kept = [KeptStretch(SHOP, "us", Stretch(BEGAN + n, BEGAN + n + 1, Standing.DOWN, 1, 1)) for n in range(30)]
    store.write(Batch(stretches=kept))
    store.tidy(BEGAN + 60)
    assert sorted(each.stretch.began_at - BEGAN for each in store.read_stretches(0)) == list(range(20, 30))
    store.close()


def test_the_accounts_of_another_version_are_left_alone(path: Path) -> None:
    store = SqlAccounts(path)
    store.write(Batch(marks={"version": 99}))
    store.close()
    with pytest.raises(AccountsUnavailable, match="version 99"):
        SqlAccounts(path)


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"x" * 10_000)
    with pytest.raises(AccountsUnavailable):
        SqlAccounts(path)
