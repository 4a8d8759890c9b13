"""Who may do what, without the secrets that prove it."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import StringConstraints

from holdfast.model.noun import Noun
from holdfast.model.scalars import Name

TokenId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]
"""What a token is called in lists; no secret."""
TokenName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9@._-]{0,63}$")]
"""Who holds a token; the author of what is done with it."""


SYSTEM: Final = "holdfast"
"""The author of what Holdfast does by itself; expiries, mitigations, what the canary says. Nobody who
holds a token is called so."""


class Role(StrEnum):
    """What a token is good for. A viewer reads, an operator changes, an admin makes tokens too.

    An owner reads the services of one tenant and changes that tenant's part of the platform, within bounds.
    """

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"
    OWNER = "owner"


class Token(Noun):
    """A token without its secret. `created_at` is Unix time, in seconds; only owners' have a tenant."""

    id: TokenId
    name: TokenName
    role: Role
    tenant: Name | None
    created_at: float
