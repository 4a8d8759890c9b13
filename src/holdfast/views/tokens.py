"""Tokens as documents."""

from holdfast.model.noun import Noun
from holdfast.model.token import Token


class TokensDocument(Noun):
    """Every token, oldest first, without the secrets."""

    tokens: tuple[Token, ...]


class NewTokenDocument(Noun):
    """A token just made. Its secret is told this once."""

    token: Token
    secret: str
