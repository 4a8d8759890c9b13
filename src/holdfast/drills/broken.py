"""What ends a drill before its end."""


class DrillBroken(Exception):
    """A part of the drill could not be started, or ended by itself; the message says which, and its last words."""
