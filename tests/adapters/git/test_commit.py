"""The commit that a path is of, asked of a real git."""

import os
import subprocess
from pathlib import Path

import pytest

from holdfast.adapters.git import find_commit
from holdfast.model.revision import Revision

NAMES = {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@t", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@t"}


def git(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, **NAMES, "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(("git", *arguments), cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A work tree with a directory and a file beside it, committed."""
    (tmp_path / "platform").mkdir()
    (tmp_path / "platform" / "platform.yaml").write_text("a: 1\n")
    (tmp_path / "README.md").write_text("x\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


@pytest.mark.parametrize("path", ["platform", "platform/platform.yaml"])
def test_what_is_as_committed_is_of_that_commit(tree: Path, path: str) -> None:
    (tree / "README.md").write_text("changed, and of no matter\n")
    found = find_commit(tree / path)
    assert found == git(tree, "rev-parse", "HEAD")
    fields = {"number": 1, "content": "0" * 64, "author": "a", "reason": "", "proposed_at": 0.0}
    assert Revision.model_validate({**fields, "commit": found}).commit == found


def test_what_is_not_as_committed_is_dirty(tree: Path) -> None:
    (tree / "platform" / "platform.yaml").write_text("a: 2\n")
    head = git(tree, "rev-parse", "HEAD")
    assert find_commit(tree / "platform") == f"{head}-dirty"
    assert find_commit(tree / "platform" / "platform.yaml") == f"{head}-dirty"
    assert find_commit(tree / "README.md") == head


@pytest.mark.parametrize("ignored", [False, True])
def test_what_was_never_committed_is_dirty(tree: Path, ignored: bool) -> None:
    (tree / "platform" / "[a]*.yaml").write_text("a: 2\n")
    (tree / ".git" / "info" / "exclude").write_text("*.yaml\n" if ignored else "")
    assert find_commit(tree / "platform" / "[a]*.yaml").endswith("-dirty")
    assert find_commit(tree / "platform").endswith("-dirty")
    assert not find_commit(tree / "platform" / "platform.yaml").endswith("-dirty")


def test_of_a_directory_only_what_is_asked_about_matters(tree: Path) -> None:
    folder = tree / "platform"
    (folder / "tenants").mkdir()
    (folder / ".cache").write_text("x")
    (folder / "tenants" / ".acme.swp").write_text("x")
    asked = ("platform.yaml", "tenants/[!.]*")
    assert find_commit(folder, asked) == git(tree, "rev-parse", "HEAD")
    (folder / "tenants" / "acme.yaml").write_text("x")
    assert find_commit(folder, asked).endswith("-dirty")


def test_a_tree_without_a_commit_has_none(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert find_commit(tmp_path) == ""


def test_without_a_path_or_git_there_is_none(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_commit(Path("-")) == ""
    monkeypatch.setenv("PATH", str(tree))
    assert find_commit(tree) == ""
