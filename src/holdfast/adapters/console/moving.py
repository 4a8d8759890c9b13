"""Failovers begun by hand: described, held against what edges see of the standbys, confirmed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdfast.adapters.console.console import console_of, require_operator, session_of
from holdfast.adapters.console.drafts import REASON_CHARACTERS_MAX
from holdfast.adapters.console.fields import Fields, read_fields
from holdfast.model.mitigation import FailOver
from holdfast.model.refusal import Refusal
from holdfast.model.units import parse_duration
from holdfast.views.failover import ServiceStanding, StandbyStanding, Whereabouts

DEFAULT_FOR: Final = "1h"
_READ_ONLY: Final[Mapping[str, bool | None]] = {"as-file": None, "yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class _Subject:
    """Who is to be moved: one service, or all at a site. `word` is its name."""

    word: str
    site: str | None
    services: Sequence[ServiceStanding]

    @property
    def standbys(self) -> tuple[str, ...]:
        """What one service's standbys are called; a site's services each have their own."""
        if self.site is not None:
            return ()
        return tuple(dict.fromkeys(each.name for s in self.services for u in s.upstreams for each in u.standbys))

    def list_moves(self, to: str) -> list[tuple[ServiceStanding, str | None, StandbyStanding]]:
        """Each service, its upstream, and the standby it would go to; those first against which something speaks."""
        moves = [
            (service, upstream.name, standby)
            for service in self.services
            for upstream in service.upstreams
            if self.site in {None, upstream.site}
            and (standby := next((s for s in upstream.standbys if to in {"", s.name}), None)) is not None
        ]
        return sorted(moves, key=lambda move: not move[2].against)


async def show_form(request: Request) -> Response:
    """The form for a move of one service, or of all whose primary is at a site."""
    require_operator(request)
    subject = _find_subject(request, request.query_params)
    return _show(request, subject, {"for": DEFAULT_FOR}, "")


async def move(request: Request) -> Response:
    """Show what a form's move would meet; put it in force where that was seen and confirmed."""
    require_operator(request)
    fields = await read_fields(request, session_of(request))
    subject = _find_subject(request, fields)
    try:
        measure, for_s, reason = _read(subject, fields)
    except ValueError as error:
        told = str(error)
        return _show(request, subject, fields, told[:1].upper() + told[1:])
    if fields.get("step") != "confirm":
        return _preview(request, subject, fields, "")
    if _takes_word(subject, fields) and fields.get("word", "") != subject.word:
        return _preview(request, subject, fields, "What you typed isn't the name. Nothing was done.")
    author = session_of(request).token.name
    operations = console_of(request).operations
    answer = await operations.mitigate(author, measure, for_s, reason, finding=None, force=False)
    if isinstance(answer, Refusal):
        return _preview(request, subject, fields, f"{answer.message}. Nothing was done.")
    return RedirectResponse(f"{request.scope.get('root_path', '')}/failover", HTTPStatus.SEE_OTHER)


def _find_subject(request: Request, named: Mapping[str, str]) -> _Subject:
    """Who is meant; 404 if nobody of that name could move."""
    service, site = named.get("service", ""), named.get("site", "")
    shown = console_of(request).source.failover(None).services
    if service:
        found = [each for each in shown if each.service == service]
    else:
        at_primary = [each for each in shown if each.at is Whereabouts.PRIMARY]
        found = [each for each in at_primary if site and any(u.site == site for u in each.upstreams)]
    if not found:
        raise HTTPException(HTTPStatus.NOT_FOUND, "Nothing of that name has a standby to go to.")
    return _Subject(service or site, None if service else site, found)


def _read(subject: _Subject, fields: Fields) -> tuple[FailOver, float, str]:
    """The move that a form describes, for how long and why; ValueError with what is wrong."""
    to, reason = fields.get("to", ""), fields.get("reason", "")
    if to and to not in subject.standbys:
        raise ValueError(f"{subject.word} has no such standby.")
    if fields.get("read_only", "as-file") not in _READ_ONLY:
        raise ValueError("choose whether writes work there.")
    if not reason:
        raise ValueError("say why. Everyone will see it.")
    if len(reason) > REASON_CHARACTERS_MAX:
        raise ValueError(f"write {REASON_CHARACTERS_MAX} characters at most.")
    measure = FailOver(
        service=None if subject.site else subject.word,
        site=subject.site,
        to=to or None,
        read_only=_READ_ONLY[fields.get("read_only", "as-file")],
    )
    return measure, parse_duration(fields.get("for", "")), reason


def _takes_word(subject: _Subject, fields: Fields) -> bool:
    """Whether a click isn't enough: many would move, or one to where nothing would move by itself now."""
    moves = subject.list_moves(fields.get("to", ""))
    return subject.site is not None or any(standby.against for _, _, standby in moves)


def _show(request: Request, subject: _Subject, fields: Fields, mistake: str) -> Response:
    context = {"subject": subject, "fields": fields, "mistake": mistake}
    return console_of(request).answer_still(request, "move.html", context, _status(mistake))


def _preview(request: Request, subject: _Subject, fields: Fields, mistake: str) -> Response:
    context = {
        "subject": subject,
        "fields": fields,
        "moves": subject.list_moves(fields.get("to", "")),
        "takes_word": _takes_word(subject, fields),
        "mistake": mistake,
    }
    return console_of(request).answer_still(request, "move-preview.html", context, _status(mistake))


def _status(mistake: str) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if mistake else HTTPStatus.OK
