"""What a rogue analyser does instead of answering. Some of these return, and then it answers as if nothing were."""

import os
import signal
import sqlite3
import sys
from typing import Final, NoReturn

LEAK_BYTES: Final = 16 * 1024**2
_leaked: list[bytearray] = []


def stop() -> None:
    """Be stopped, as if by a debugger; it goes on only if somebody sends SIGCONT."""
    os.kill(os.getpid(), signal.SIGSTOP)


def spin() -> NoReturn:
    """Use all of a core, and never come back."""
    while True:
        pass


def leak() -> None:
    """Keep some more memory with every answer."""
    _leaked.append(bytearray(os.urandom(1) * LEAK_BYTES))


def lock_store() -> NoReturn:
    """Lock its own store, and then wait for the lock (report C: the monitor's infrastructure lock)."""
    with sqlite3.connect("store.db") as owner, sqlite3.connect("store.db", timeout=86_400) as waiting:
        owner.execute("BEGIN EXCLUSIVE")
        waiting.execute("CREATE TABLE operations (fingerprint TEXT)")
    raise RuntimeError("the store wasn't locked")


def garble() -> None:
    """Say something that isn't an answer."""
    sys.stdout.buffer.write(b'{"answer": "\xff\xfe"}\n')
    sys.stdout.buffer.flush()


def flood() -> NoReturn:
    """Say more than anybody can read."""
    while True:
        sys.stdout.buffer.write(b'{"answer": 1, "flagged": []}\n' * 1_000)


def drone() -> NoReturn:
    """Begin a line that never ends."""
    while True:
        sys.stdout.buffer.write(b"[" * 65_536)


def crash() -> NoReturn:
    """End by itself."""
    os._exit(3)
