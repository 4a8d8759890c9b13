"""An outbox's process killed again and again, and what its receivers then have."""

import email
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from adapters.notify.receivers import Hook, Mailbox, receive_mail, receive_posts

PROCESS = Path(__file__).with_name("outbox_process.py")
LETTERS_EACH = 20


@dataclass
class Outcome:
    """What was put, how often each letter arrived by its key, and what was wrong."""

    put: int = 0
    kills: int = 0
    arrived: Counter[str] = field(default_factory=Counter)
    message_ids: dict[str, set[str]] = field(default_factory=dict)
    sent_again: list[str] = field(default_factory=list)

    @property
    def lost(self) -> list[str]:
        """Letters that were durable and never arrived."""
        return [key for key in (f"k-{number}" for number in range(self.put)) if not self.arrived[key]]

    @property
    def copies(self) -> int:
        """Arrivals beyond the first, which their key tells from others."""
        return sum(count - 1 for count in self.arrived.values())


def kill_again_and_again(path: Path, kills: int, seed: int) -> Outcome:
    """Kill an outbox's process while it puts and sends; at last let it send what waits."""
    chance, outcome = random.Random(seed), Outcome()
    with receive_mail() as mailbox, receive_posts() as hook:
        recorded: Counter[str] = Counter()
        for _ in range(kills):
            outcome.put = max(outcome.put, _run_and_kill(path, mailbox, hook, outcome.put, chance.uniform(0.0, 0.12)))
            outcome.kills += 1
            arrived = _count(mailbox, hook)
            outcome.sent_again += [key for key, count in recorded.items() if arrived[key] != count]
            recorded = Counter({key: arrived[key] for key in _read_sent(path)})
        _run_until_idle(path, mailbox, hook, outcome.put)
        outcome.arrived = _count(mailbox, hook)
        for message in _messages(mailbox):
            outcome.message_ids.setdefault(str(message["X-Key"]), set()).add(str(message["Message-ID"]))
    return outcome


def _start(path: Path, mailbox: Mailbox, hook: Hook, first: int, count: int) -> "subprocess.Popen[str]":
    arguments = [str(path), str(mailbox.port), str(hook.port), str(first), str(count)]
    return subprocess.Popen([sys.executable, str(PROCESS), *arguments], stdout=subprocess.PIPE, text=True)


def _run_and_kill(path: Path, mailbox: Mailbox, hook: Hook, first: int, after_s: float) -> int:
    """How many letters had been put when it died."""
    with _start(path, mailbox, hook, first, LETTERS_EACH) as process:
        assert process.stdout is not None
        begun = process.stdout.readline()
        killer = threading.Timer(after_s, process.kill)
        killer.start()
        lines = [begun, *process.stdout]
        killer.join()
        process.wait()
    assert begun.startswith("put ")
    return max(int(line.split()[1]) for line in lines if line.startswith("put ") and line.endswith("\n"))


def _run_until_idle(path: Path, mailbox: Mailbox, hook: Hook, first: int) -> None:
    with _start(path, mailbox, hook, first, 0) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        assert process.stdout.readline() == "idle\n"
        watchdog.cancel()
        process.kill()


def _read_sent(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [key for (key,) in connection.execute("SELECT key FROM letters WHERE status = 'sent'")]


def _count(mailbox: Mailbox, hook: Hook) -> Counter[str]:
    posted = Counter(headers["idempotency-key"] for _, headers, _ in hook.posted)
    return posted + Counter(str(message["X-Key"]) for message in _messages(mailbox))


def _messages(mailbox: Mailbox) -> "list[email.message.Message[str, str]]":
    return [email.message_from_bytes(each.content) for each in mailbox.envelopes if isinstance(each.content, bytes)]


if __name__ == "__main__":
    import tempfile

    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = kill_again_and_again(Path(folder) / "outbox.db", int(sys.argv[1]), 1)
    sys.stdout.write(
        f"{found.kills} kills, {found.put} put, {len(found.lost)} lost, {len(found.sent_again)} sent again,"
        f" {found.copies} copies, {time.monotonic() - began:.0f} s\n"
    )
