"""`holdfast demo` on the example platform: up, shown what to try, and gone on Ctrl-C."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from fakes.process import DEADLINE_S, free_port, until
from fakes.running import short_directory

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "platform.yaml"


def test_dev_runs_the_demo_on_the_example() -> None:
    assert 'holdfast demo "${@:-examples/platform.yaml}"' in (ROOT / "dev").read_text()


def test_the_demo_starts_shows_and_ends_whole() -> None:
    with short_directory() as folder:
        file = folder / "platform.yaml"
        file.write_text(re.sub(r"127\.0\.0\.1:\d+", lambda _: f"127.0.0.1:{free_port()}", EXAMPLE.read_text()))
        log, state = folder / "log", folder / "state"
        command = [sys.executable, "-m", "holdfast", "demo", str(file), "--state", str(state), "--api", "127.0.0.1:0"]
        with log.open("wb") as out:
            demo = subprocess.Popen(command, stdout=out, stderr=out)
        try:
            until(lambda: "Ctrl-C stops everything." in log.read_text() or demo.poll() is not None, "the demo")
            assert demo.poll() is None, log.read_text()
            family = psutil.Process(demo.pid).children(recursive=True)
        finally:
            demo.send_signal(signal.SIGINT)
            code = demo.wait(DEADLINE_S)
        assert code == 0, log.read_text()
        assert "Three things to try" in log.read_text()
        assert family
        assert not any(process.is_running() for process in family)
        assert not [p for p in psutil.process_iter(["cmdline"]) if str(state) in " ".join(p.info["cmdline"] or ())]


def test_a_directory_that_is_no_demos_is_left_alone() -> None:
    with short_directory() as folder:
        (folder / "journal.db").write_text("precious")
        command = [sys.executable, "-m", "holdfast", "demo", str(EXAMPLE), "--state", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert (folder / "journal.db").read_text() == "precious"
