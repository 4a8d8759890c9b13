"""How every command ends, for scripts to go by."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of `holdfast`. They don't change their meaning."""

    OK = 0
    INPUT_MISTAKEN = 1
    """What was handed in has mistakes; all of them were printed."""
    USAGE = 2
    """The command line itself is wrong."""
    UNREACHABLE = 3
    """No control answers there."""
    REFUSED = 4
    """Control won't do it; the message says why. Nothing was changed."""
    FORBIDDEN = 5
    """The token is unknown, or its role isn't enough."""
    JOURNAL_UNUSABLE = 6
    """The journal is corrupt, or from a newer version; the message says what to do."""
    IN_USE = 7
    """Something else has the port or the state directory."""
    ENVOY_MISSING = 8
    """There is no Envoy for this machine."""
    DISK_FULL = 9
    """The journal can't be written now."""
    FAILED = 70
    """Holdfast itself failed: a bug."""
