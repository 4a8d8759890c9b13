"""What subscribers are sent by e-mail. Texts of people stand in them as they are, and never as headers or HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from holdfast.adapters.subscribers.rendering import STATUS_WORDS, Templates
from holdfast.model.letter import Channel, Letter
from holdfast.model.subscriber import Notice, SubscribedSite, Subscriber

SUBJECT_TITLE_MAX: Final = 120
"""Characters of a title in a subject."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """A letter's key and reader, with the reader's own link to unsubscribe; not worth sending after a Unix time."""

    key: str
    subscriber: Subscriber
    unsubscribe_url: str
    not_after: float


class LetterWriter:
    """Writes them."""

    def __init__(self) -> None:
        self._templates = Templates()

    def ask_to_confirm(
        self, key: str, channel: Channel, site: SubscribedSite, confirm_url: str, until: float
    ) -> Letter:
        """The one letter that somebody gets who hasn't confirmed yet."""
        context = {"site": site, "confirm_url": confirm_url, "until": until}
        return Letter(
            key=key,
            channel=channel,
            subject=f"Confirm that you want to hear from {site.title}",
            text=self._templates.render("confirm-mail.txt", context),
            html=self._templates.render("confirm-mail.html", context),
            not_after=until,
        )

    def write_mail(self, addressed: Addressed, site: SubscribedSite, notices: Sequence[Notice]) -> Letter:
        """Notices in one mail, which mail programs offer to unsubscribe from by one click (RFC 8058)."""
        context = {"site": site, "notices": notices, "unsubscribe_url": addressed.unsubscribe_url}
        return Letter(
            key=addressed.key,
            channel=addressed.subscriber.channel,
            subject=f"[{site.title}] {_head(notices)}",
            text=self._templates.render("notices-mail.txt", context),
            html=self._templates.render("notices-mail.html", context),
            headers=(
                ("List-Unsubscribe", f"<{addressed.unsubscribe_url}>"),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
                ("References", _thread(addressed.subscriber, notices)),
            ),
            not_after=addressed.not_after,
        )


def _head(notices: Sequence[Notice]) -> str:
    first = notices[0]
    title = first.title if len(first.title) <= SUBJECT_TITLE_MAX else f"{first.title[: SUBJECT_TITLE_MAX - 1]}…"
    head = f"{STATUS_WORDS[notices[-1].news.status]}: {title}"
    others = len({notice.about for notice in notices}) - 1
    return f"{head}, and {others} more" if others else head


def _thread(subscriber: Subscriber, notices: Sequence[Notice]) -> str:
    """The same for all mails about one incident, so that mail programs show them together."""
    digest = sha256(f"{subscriber.id} {notices[0].about}".encode()).hexdigest()[:40]
    return f"<{digest}@thread.invalid>"
