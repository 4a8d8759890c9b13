"""The request that is explained, with what held for its service."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from holdfast.explain.flags import CLIENT_GONE, split_flags
from holdfast.explain.moment import Moment
from holdfast.model.effective import EffectiveService
from holdfast.model.logged_request import LoggedRequest
from holdfast.model.mitigation import MitigationId
from holdfast.model.platform import Location, Mode
from holdfast.views.explanation import MitigationStory, Outcome

_MITIGATION: Final = re.compile(r"\b(?:kill|hold|read-only|limit|block|deny|shed)\.(?P<id>m-[1-9][0-9]{0,17})\b")
_UPSTREAM: Final = "upstream."


@dataclass(frozen=True)
class Subject:
    """A request as it was logged or pasted, at its moment. `bucket_size` is what a pasted answer said of its limit."""

    request: LoggedRequest
    moment: Moment
    bucket_size: int | None = None

    @property
    def outcome(self) -> Outcome:
        """Who answered, and how."""
        if self.request.cause.startswith(_UPSTREAM):
            return Outcome.FAILED
        if self.request.cause:
            return Outcome.REFUSED
        if CLIENT_GONE & set(split_flags(self.request.flags)):
            return Outcome.ABANDONED
        return Outcome.ANSWERED

    @cached_property
    def place(self) -> tuple[str, Location] | None:
        """The location that the request came to, if it is known."""
        return self.moment.find_location(self.request.edge)

    @property
    def edges(self) -> int:
        """How many edges share the location's and the services' limits."""
        return len(self.place[1].edges) if self.place else 1

    @cached_property
    def service(self) -> EffectiveService | None:
        """The service as it held at the location, or at the first one if that isn't known; None if there was none."""
        intent = self.moment.intent
        if intent is None or self.request.service not in intent.services:
            return None
        location = self.place[0] if self.place else next(iter(intent.platform.locations))
        return intent.effective(self.request.service, location)

    @property
    def observed(self) -> bool:
        """Whether nothing was refused to the service, being in observe mode."""
        return self.service is not None and self.service.mode is Mode.OBSERVE

    @cached_property
    def mitigation_id(self) -> MitigationId | None:
        """The mitigation that the rule names; for those that aren't limits, Envoy's details do."""
        told = (self.request.rule, self.request.details)
        return next((found["id"] for text in told if (found := _MITIGATION.search(text))), None)

    @cached_property
    def story(self) -> MitigationStory | None:
        """What the journal says of that mitigation."""
        return self.moment.tell_mitigation(self.mitigation_id) if self.mitigation_id else None

    @property
    def name(self) -> str:
        """What to call the service in a sentence."""
        return self.request.service or "a service that isn't named"
