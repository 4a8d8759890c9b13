"""Explanations of requests: the edges' logs are asked, the journal is read as far as it is new, and put together."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from holdfast.explain import History, Moment, PastedAnswer, explain, read_pasted
from holdfast.model.event import Event
from holdfast.model.logged_request import LoggedRequest
from holdfast.model.platform import Platform
from holdfast.model.ports import JournalCorrupt, JournalUnavailable
from holdfast.model.revision import Revision
from holdfast.runtime.control import Control
from holdfast.spec import SourceMap
from holdfast.views.explanation import Explanation, ExplanationsDocument, KnownFrom

FIND_S: Final = 3.0
"""How long the edges may take to look a request up in their logs."""
NOT_FOUND: Final = "no edge that answered in time has this request in its access log"
NO_JOURNAL: Final = "the journal can't be read now, so that the newest of what was decided may be missing"
NOT_AN_ANSWER: Final = "no edge would have said this: paste an answer with its headers, or its body in JSON"
_REQUEST_ID: Final = re.compile(r"[!-~]{1,128}")
FindRequests = Callable[[str, float], Awaitable[Sequence[LoggedRequest]]]
"""What the edges' access logs say of a request id, within so many seconds."""
Text = tuple[Platform | None, SourceMap]


class Explainer:
    """Explains requests by what held when they were made. One at a time: a large platform file takes a while to read.

    With a `tenant`, only what is about its services is told.
    """

    def __init__(self, control: Control, find_requests: FindRequests) -> None:
        self._control = control
        self._find_requests = find_requests
        self._busy = asyncio.Lock()
        self._history = History()
        self._known = 0
        self._text: tuple[str, Text] | None = None

    async def explain(self, asked: str, tenant: str | None = None) -> ExplanationsDocument:
        """All that is known of what was asked: a request's id, or a pasted answer that holds it."""
        asked = asked.strip()
        if _REQUEST_ID.fullmatch(asked) and not asked.startswith("{"):
            return await self.explain_request(asked, tenant)
        told = await self.explain_answer(asked, tenant)
        return told or ExplanationsDocument(request_id="", explanations=(), remark=NOT_AN_ANSWER)

    async def explain_request(self, request_id: str, tenant: str | None = None) -> ExplanationsDocument:
        """All that is known of a request by its id."""
        found = await self._find_requests(request_id, FIND_S)
        return await self._tell(request_id, found, None, tenant)

    async def explain_answer(self, text: str, tenant: str | None = None) -> ExplanationsDocument | None:
        """All that is known of the request of a pasted answer; None if an edge wouldn't have said anything like it."""
        answer = read_pasted(text)
        if answer is None:
            return None
        found = await self._find_requests(answer.request_id, FIND_S) if answer.request_id else ()
        return await self._tell(answer.request_id, found, answer, tenant)

    async def _tell(
        self, request_id: str, found: Sequence[LoggedRequest], answer: PastedAnswer | None, tenant: str | None
    ) -> ExplanationsDocument:
        control = self._control
        now, unrecorded, in_force = control.world.clock(), control.core.unrecorded, self._read_in_force()
        async with self._busy:
            readable = await asyncio.to_thread(self._catch_up, unrecorded)
            told = await asyncio.to_thread(self._explain_all, found, answer, now, in_force)
        kept = tuple(each for each in told if tenant is None or self._is_of(each, tenant))
        remarks = [*([] if kept else [NOT_FOUND]), *([] if readable else [NO_JOURNAL])]
        return ExplanationsDocument(request_id=request_id, explanations=kept, remark="; ".join(remarks))

    def _read_in_force(self) -> tuple[str, Platform] | None:
        """The platform in force, which needn't be read from its text again."""
        state, base = self._control.state, self._control.publisher.base
        if state.in_force is None or base is None:
            return None
        return state.revisions[state.in_force].revision.content, base.intent.platform

    def _catch_up(self, unrecorded: Sequence[Event]) -> bool:
        try:
            read = self._control.world.journal.read(self._known)
        except (JournalUnavailable, JournalCorrupt):
            self._history.take(unrecorded)
            return False
        self._history.take(each.event for each in read)
        self._known = read[-1].sequence if read else self._known
        self._history.take(unrecorded)
        return True

    def _explain_all(
        self,
        found: Sequence[LoggedRequest],
        answer: PastedAnswer | None,
        now: float,
        in_force: tuple[str, Platform] | None,
    ) -> list[Explanation]:
        size = answer.bucket_size if answer else None
        if found or answer is None:
            newest_first = sorted(found, key=lambda request: request.at, reverse=True)
            return [explain(each, self._find_moment(each.at, in_force), bucket_size=size) for each in newest_first]
        at = now if answer.at is None else min(answer.at, now)
        return [explain(answer.as_logged(at), self._find_moment(at, in_force), KnownFrom.PASTED, size)]

    def _find_moment(self, at: float, in_force: tuple[str, Platform] | None) -> Moment:
        entry = self._history.revision_at(at)
        if entry is None:
            return Moment(at, self._history)
        platform, source = self._read_text(entry[0], in_force)
        return Moment(at, self._history, platform, source)

    def _read_text(self, revision: Revision, in_force: tuple[str, Platform] | None) -> Text:
        """The platform of a revision and its text; the last one read is remembered."""
        if self._text is not None and self._text[0] == revision.content:
            return self._text[1]
        try:
            text = self._control.world.journal.load_text(revision.content)
        except (KeyError, JournalUnavailable, JournalCorrupt):
            return None, SourceMap("", revision.file)
        if in_force is not None and in_force[0] == revision.content:
            read: Text = in_force[1], SourceMap(text, revision.file)
        else:
            checked = self._control.world.reader.check(text, revision.file)
            read = checked.platform, checked.source_map
        self._text = revision.content, read
        return read

    def _is_of(self, explanation: Explanation, tenant: str) -> bool:
        request, intent = explanation.request, self._control.intent
        owned = intent.services.get(request.service) if intent else None
        return tenant in {request.tenant, owned.tenant if owned else ""}
