"""The ports that the documents name, and the free ones that stand for them in a test."""

import re
import socket
from dataclasses import dataclass

NAMED = ("8080", "8081", "9900", "9101", "9102", "9103", "9104", "9105", "9106", "9107", "9108")
_NAMED = re.compile(rf"(?<![\d.])(?:{'|'.join(NAMED)})(?!\d)")


@dataclass(frozen=True)
class Ports:
    """Which free port stands for which named one."""

    chosen: dict[str, str]

    def localise(self, text: str) -> str:
        """A text with the chosen ports."""
        return _NAMED.sub(lambda found: self.chosen[found[0]], text)


def choose_ports() -> Ports:
    """Ports that are free now; held together while they are chosen, so that they differ."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in NAMED]
    free = [str(each.getsockname()[1]) for each in held]
    for each in held:
        each.close()
    return choose_ports() if set(free) & set(NAMED) else Ports(dict(zip(NAMED, free, strict=True)))
