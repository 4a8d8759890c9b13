"""Bearer tokens: 256 random bits each, kept by hash only, in a file that nobody else can read."""

import json
import os
import secrets
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Final

from pydantic import SecretStr, TypeAdapter, ValidationError

from holdfast.model.token import Role, Token

TOKENS_MAX: Final = 1_000
ADMIN_NAME: Final = "admin"


class TokensUnreadable(Exception):
    """The file of tokens isn't what was written to it."""


class TooManyTokens(Exception):
    """There are `TOKENS_MAX` tokens."""


class _Kept(Token):
    digest: str


_FILE: Final = TypeAdapter(list[_Kept])


class TokenStore:
    """The tokens of one control plane, in a file of mode 0600. Raises TokensUnreadable when made."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._tokens = {token.id: token for token in _load(path)}

    def create(self, name: str, role: Role, tenant: str | None = None) -> tuple[Token, SecretStr]:
        """Make a token. TooManyTokens if there are enough, OSError if it can't be stored."""
        if len(self._tokens) >= TOKENS_MAX:
            raise TooManyTokens(f"there are {TOKENS_MAX} tokens, which is the most; revoke some")
        token_id = secrets.token_hex(4)
        secret = f"holdfast_{token_id}_{secrets.token_urlsafe(32)}"
        kept = _Kept(id=token_id, name=name, role=role, tenant=tenant, created_at=self._clock(), digest=_digest(secret))
        self._store({**self._tokens, token_id: kept})
        return _show(kept), SecretStr(secret)

    def revoke(self, token_id: str) -> bool:
        """Make a token worthless from now on; False if there is none of that id."""
        if token_id not in self._tokens:
            return False
        self._store({key: token for key, token in self._tokens.items() if key != token_id})
        return True

    def find(self, secret: str) -> Token | None:
        """Whose secret this is."""
        token_id = secret.removeprefix("holdfast_").partition("_")[0]
        kept = self._tokens.get(token_id)
        if kept is None or not compare_digest(kept.digest, _digest(secret)):
            return None
        return _show(kept)

    def get(self, token_id: str) -> Token | None:
        """A token by its id, unless it was revoked."""
        kept = self._tokens.get(token_id)
        return _show(kept) if kept is not None else None

    def all(self) -> tuple[Token, ...]:
        """Every token, oldest first."""
        return tuple(_show(token) for token in self._tokens.values())

    def _store(self, tokens: dict[str, _Kept]) -> None:
        write_private(self._path, _FILE.dump_json(list(tokens.values()), indent=1).decode())
        self._tokens = tokens


def ensure_admin(store: TokenStore, path: Path) -> None:
    """See to it that `path` (mode 0600) holds an admin's secret that works: who can write there rules anyway."""
    if path.exists():
        found = store.find(path.read_text().strip())
        if found is not None and found.role is Role.ADMIN:
            return
    _, secret = store.create(ADMIN_NAME, Role.ADMIN)
    write_private(path, secret.get_secret_value() + "\n")


def write_private(path: Path, text: str) -> None:
    """Put a text durably into a file of mode 0600, all or nothing."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123 - for the mode
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _load(path: Path) -> list[_Kept]:
    try:
        return _FILE.validate_python(json.loads(path.read_text()))
    except FileNotFoundError:
        return []
    except (ValueError, ValidationError) as error:
        raise TokensUnreadable(f"{path} can't be read as a list of tokens; move it away to make new ones") from error


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _show(kept: _Kept) -> Token:
    return Token(**kept.model_dump(exclude={"digest"}))
