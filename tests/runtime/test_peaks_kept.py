"""Peaks over a restart of control."""

import stat
from pathlib import Path

import numpy as np
import pytest

from holdfast.model.reading import Levels
from holdfast.rollout.usual import Peaks
from holdfast.runtime.peaks_kept import load_peaks, save_peaks

NOW = 1_790_000_000.0


def make_peaks(*names: str) -> Peaks:
    peaks = Peaks()
    rates = np.arange(1, len(names) + 1, dtype=np.float32)
    peaks.note(Levels(names, rates, rates), NOW)
    return peaks


def test_peaks_are_read_back_by_their_owner(tmp_path: Path) -> None:
    path = tmp_path / "peaks.npz"
    save_peaks(path, make_peaks("shop", "blog"), make_peaks("here"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    services, locations = load_peaks(path)
    assert services.read({}) == make_peaks("shop", "blog").read({})
    assert locations.read({}) == make_peaks("here").read({})
    services.note(Levels(("blog",), np.array([9], np.float32), np.array([0], np.float32)), NOW)
    assert services.read({})["blog"].peak_rps == 9


def test_nothing_known_is_kept_too(tmp_path: Path) -> None:
    path = tmp_path / "peaks.npz"
    save_peaks(path, Peaks(), Peaks())
    assert load_peaks(path)[0].read({}) == {}
    assert load_peaks(tmp_path / "none")[0].read({}) == {}


@pytest.mark.parametrize("spoil", [lambda _: b"", lambda _: b"nonsense", lambda whole: whole[: len(whole) // 2]])
def test_what_cannot_be_read_is_learned_anew(tmp_path: Path, spoil: object) -> None:
    path = tmp_path / "peaks.npz"
    save_peaks(path, make_peaks("shop"), Peaks())
    assert callable(spoil)
    path.write_bytes(spoil(path.read_bytes()))
    assert load_peaks(path)[0].read({}) == {}


def test_parts_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "peaks.npz"
    odd = make_peaks("shop")
    odd.names = ("shop", "blog")
    save_peaks(path, odd, Peaks())
    assert load_peaks(path)[0].read({}) == {}
