"""Links by which somebody who was paged acknowledges one incident, without signing in."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from itsdangerous import BadData, URLSafeSerializer

LINK_S: Final = 7 * 86_400.0
"""How long a link is good."""
KEY_BYTES: Final = 32
TOKEN_CHARACTERS_MAX: Final = 512


@dataclass(frozen=True, slots=True)
class PageLink:
    """For which incident and which person a link is, and until when it is good (Unix time, in seconds)."""

    incident: str
    person: str
    until: float


class PageLinks:
    """Makes and reads the tokens of such links, with a key of this control's own."""

    def __init__(self, key: bytes) -> None:
        self._signer = URLSafeSerializer(
            key, salt="holdfast page", signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        )

    def sign(self, link: PageLink) -> str:
        """The token of a link."""
        return str(self._signer.dumps([link.incident, link.person, round(link.until)]))

    def read(self, token: str, now: float) -> PageLink | None:
        """The link that a token is of, if it was made here and is still good."""
        if len(token) > TOKEN_CHARACTERS_MAX:
            return None
        try:
            incident, person, until = self._signer.loads(token)
        except (BadData, ValueError, TypeError):
            return None
        return PageLink(incident, person, until) if now <= until else None


def load_key(path: Path) -> bytes:
    """The key at a path (mode 0600), which is made if it isn't there. OSError if that can't be."""
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        key = b""
    if len(key) == KEY_BYTES:
        return key
    key, draft = secrets.token_bytes(KEY_BYTES), path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - for the mode
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return key
