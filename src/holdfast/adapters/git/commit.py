"""The git commit that a file or directory is of."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

DEADLINE_S: Final = 10.0
_DIRTY: Final = "-dirty"


def find_commit(path: Path, patterns: Sequence[str] = ("**",)) -> str:
    """The commit that is checked out where `path` lies, with `-dirty` behind it if `path` isn't as it is in that.

    Of a directory, what matches one of the glob `patterns` matters, be it ignored by git or not.
    Empty where there is no such path, no git, no work tree, no commit yet, or no answer within `DEADLINE_S`.
    """
    if not path.exists():
        return ""
    folder = path if path.is_dir() else path.parent
    matters = [f":(glob){each}" for each in patterns] if path.is_dir() else [f":(literal){path.name}"]
    commit = _ask_git(folder, "rev-parse", "--verify", "HEAD")
    if not commit:
        return ""
    changes = _ask_git(folder, "status", "--porcelain", "--ignored", "--untracked-files=all", "--", *matters)
    if changes is None:
        return ""
    return commit + _DIRTY if changes else commit


def _ask_git(folder: Path, *arguments: str) -> str | None:
    """What git prints, without the line's end; None if it fails. It writes nothing, and asks nobody anything."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ("git", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments),  # noqa: S607 - the reader's own git
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=DEADLINE_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace").strip()
