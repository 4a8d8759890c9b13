"""Programs from npm that tests take: brought when they are needed, as their lock file says, and kept with the venv."""

import fcntl
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

INSTALL_S = 300.0


def install(folder: Path) -> Path:
    """The `node_modules` of what a folder's lock file names; scripts of packages aren't run."""
    npm = shutil.which("npm")
    assert npm, "these tests take npm: apt-get install nodejs npm"
    lock = (folder / "package-lock.json").read_bytes()
    place = Path(sys.prefix) / "node" / sha256(lock).hexdigest()[:16]
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (place / "done").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(folder / name, place / name)
            quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run([npm, "ci", *quiet], cwd=place, check=True, timeout=INSTALL_S)
            (place / "done").touch()
    return place / "node_modules"
