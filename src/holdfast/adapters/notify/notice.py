"""What a contact is told."""

from dataclasses import dataclass

from holdfast.model.mitigation import MitigationId


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one contact: an e-mail address, or the http(s) URL of a webhook. `at` is Unix time, in seconds."""

    tenant: str
    contact: str
    mitigation: MitigationId
    occasion: str
    """`began` or `ended`."""
    subject: str
    text: str
    at: float

    @property
    def key(self) -> str:
        """The same for every try, so that whoever receives it twice can tell."""
        return f"{self.mitigation}-{self.occasion}"


class DeliveryFailed(Exception):
    """A contact couldn't be told. The message holds no secrets; `passing` says that trying again may help.

    `refused`: it was the contact itself that won't have it, as where a mailbox is gone, and not something on the way.
    """

    def __init__(self, why: str, *, passing: bool, refused: bool = False) -> None:
        super().__init__(why)
        self.passing = passing
        self.refused = refused
