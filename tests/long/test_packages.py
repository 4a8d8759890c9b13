"""The wheel and the sdist, each in a new environment of its own. `./dev test tests/long` runs this."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEADLINE_S = 600.0


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=DEADLINE_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT, cwd=folder)
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    return {"wheel": next(folder.glob("*.whl")), "sdist": next(folder.glob("*.tar.gz"))}


@pytest.mark.timeout(2 * DEADLINE_S)
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_it_works_where_nothing_else_is(kind: str, built: dict[str, Path], tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    run(tmp_path / "venv/bin/pip", "install", "-q", built[kind], cwd=tmp_path)
    holdfast = tmp_path / "venv/bin/holdfast"
    assert run(holdfast, "--version", cwd=tmp_path).startswith("holdfast ")
    run(holdfast, "init", cwd=tmp_path)
    run(holdfast, "check", "--offline", cwd=tmp_path)
    seen = json.loads(run(holdfast, "doctor", "--json", cwd=tmp_path))
    assert {"envoy"} <= {check["name"] for check in seen["checks"] if check["fitness"] == "fit"}
