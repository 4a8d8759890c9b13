"""How every command ends, for scripts to go by."""

from enum import IntEnum
from typing import Self


class ExitCode(IntEnum):
    """The exit codes of `holdfast`, each with its meaning. They don't change it."""

    meaning: str

    OK = 0, "done"
    INPUT_MISTAKEN = 1, "what was handed in has mistakes; all of them were printed"
    USAGE = 2, "the command line is wrong, or a file can't be read"
    UNREACHABLE = 3, "no control answers there"
    REFUSED = 4, "control won't do it; nothing was changed"
    FORBIDDEN = 5, "the token is unknown, or its role isn't enough"
    JOURNAL_UNUSABLE = 6, "the journal is corrupt, or from a newer version"
    IN_USE = 7, "something else has the port or the state directory"
    ENVOY_MISSING = 8, "there is no Envoy for this machine"
    DISK_FULL = 9, "the state directory can't be written"
    NOT_FOUND = 13, "nothing is known of what was asked for"
    UNCONFIRMED = 14, "the plan found what must be confirmed first"
    ROLLED_BACK = 15, "the revision went out and was rolled back; why was printed"
    NOT_READY = 16, "a standby, or the store of last good copies, couldn't take over now; why was printed"
    OVERDUE = 17, "a promise is overdue; it was printed"
    UNFIT = 18, "this machine can't run it as it is; what to do was printed"
    FAILED = 70, "a bug in Holdfast"
    INTERRUPTED = 130, "it was interrupted; a revision on its way goes on"

    def __new__(cls, value: int, meaning: str) -> Self:
        """A code that is its number, and knows what it means."""
        code = int.__new__(cls, value)
        code._value_ = value
        code.meaning = meaning
        return code
