"""Who is signed in. A session is a random cookie here and a token's id; the token's secret isn't kept."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

from holdfast.adapters.console.port import TokenDirectory
from holdfast.model.token import Role, Token

SESSIONS_MAX: Final = 1_000
SESSIONS_PER_TOKEN_MAX: Final = 20
IDLE_S: Final = 3_600.0
"""A session that nobody uses ends after this; an open page uses it."""
LIFE_S: Final = 12 * 3_600.0
"""The longest life of a session."""
_OPERATORS: Final = {Role.OPERATOR, Role.ADMIN}


@dataclass(slots=True)
class Session:
    """Somebody signed in, as of the latest look at their token. Times are Unix times, in seconds."""

    token: Token
    began_at: float
    used_at: float
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def tenant(self) -> str | None:
        """Whose services alone may be seen; None for those who may see everybody's."""
        return self.token.tenant

    @property
    def may_act(self) -> bool:
        """Whether mitigations may be begun and ended."""
        return self.token.role in _OPERATORS

    def has_sent(self, csrf: str) -> bool:
        """Whether a form comes from a page that this session was given."""
        return compare_digest(csrf.encode(), self.csrf.encode())


class SessionStore:
    """Sessions by cookie, `SESSIONS_MAX` of them; the oldest make room for new ones."""

    def __init__(self, tokens: TokenDirectory, clock: Callable[[], float]) -> None:
        self._tokens = tokens
        self._clock = clock
        self._sessions: dict[str, Session] = {}

    def open(self, secret: str) -> str | None:
        """The cookie of a new session for whoever knows a token's secret."""
        token = self._tokens.find(secret)
        if token is None:
            return None
        self._make_room(token)
        cookie, now = secrets.token_urlsafe(32), self._clock()
        self._sessions[cookie] = Session(token, now, now)
        return cookie

    def find(self, cookie: str) -> Session | None:
        """A session that goes on, now used. It ends with its token."""
        session = self._sessions.get(cookie)
        if session is None:
            return None
        now, token = self._clock(), self._tokens.get(session.token.id)
        if token is None or now - session.used_at > IDLE_S or now - session.began_at > LIFE_S:
            self.close(cookie)
            return None
        session.token, session.used_at = token, now
        return session

    def close(self, cookie: str) -> None:
        """Sign out."""
        self._sessions.pop(cookie, None)

    def __len__(self) -> int:
        return len(self._sessions)

    def _make_room(self, token: Token) -> None:
        """Dictionaries keep the order of insertion, so the first is the oldest."""
        own = [cookie for cookie, session in self._sessions.items() if session.token.id == token.id]
        if len(own) >= SESSIONS_PER_TOKEN_MAX:
            self.close(own[0])
        elif len(self._sessions) >= SESSIONS_MAX:
            self.close(next(iter(self._sessions)))
