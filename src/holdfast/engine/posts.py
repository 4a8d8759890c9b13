"""Public words about incidents: drafted, published, thrown away."""

from typing import Any

from holdfast.engine.decision import Decision
from holdfast.engine.facts import Facts
from holdfast.engine.incident_command import DiscardPost, DraftPost, PublishPost
from holdfast.engine.known_incidents import find_incident
from holdfast.engine.maxima import POSTS_MAX
from holdfast.engine.words import check_text
from holdfast.model.incident import POST_CHARACTERS_MAX, Incident, Phase, Post, PostStatus
from holdfast.model.incident_event import IncidentChanged, PostWritten
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import IncidentRecord, State
from holdfast.model.token import SYSTEM


def draft_post(state: State, command: DraftPost, facts: Facts) -> Decision:
    """Keep a draft, in place of the one that waits already."""
    record = find_incident(state, command.id, must_be_open=True)
    if isinstance(record, Refusal):
        return record
    waiting = next((post for post in record.posts if post.status is PostStatus.DRAFT), None)
    refusal = check_text(command.text, "a draft", POST_CHARACTERS_MAX) or _check_room(record)
    if refusal and not (waiting and refusal.code is RefusalCode.POSTS_FULL):
        return refusal
    number = waiting.number if waiting else len(record.posts) + 1
    return (_write(command, facts, number, command.phase, command.text, PostStatus.DRAFT),)


def publish_post(state: State, command: PublishPost, facts: Facts) -> Decision:
    """Publish a draft or a new word; the incident is in the word's phase from then on.

    A new word of a person's takes the place of what Holdfast drafted.
    """
    record = find_incident(state, command.id, must_be_open=True)
    if isinstance(record, Refusal):
        return record
    draft = None if command.number is None else _find_draft(record, command.number)
    if isinstance(draft, Refusal):
        return draft
    text, replaced = command.text or (draft.text if draft else ""), draft or _find_outdated(record, command)
    refusal = check_text(text, "a public word", POST_CHARACTERS_MAX) or (None if replaced else _check_room(record))
    if refusal:
        return refusal
    incident = record.incident
    phase = command.phase or (draft.phase if draft else incident.phase)
    number = replaced.number if replaced else len(record.posts) + 1
    written = _write(command, facts, number, phase, text, PostStatus.PUBLISHED)
    changed = incident.model_copy(update=_follow(incident, command, phase, facts.now))
    if changed == incident:
        return (written,)
    why = f"as was published: {phase}"
    return (written, IncidentChanged(at=facts.now, author=command.author, incident=changed, why=why))


def _follow(incident: Incident, command: PublishPost, phase: Phase, now: float) -> dict[str, Any]:
    """What a public word changes: whoever finds words of their own leads; who only lets a draft out doesn't."""
    changes: dict[str, Any] = {}
    if phase is not incident.phase:
        changes = {"phase": phase, "resolved_at": now if phase is Phase.RESOLVED else None}
    if command.author != SYSTEM and (command.text is not None or command.phase is not None):
        changes["led_by"] = command.author
    return changes


def discard_post(state: State, command: DiscardPost, facts: Facts) -> Decision:
    """Throw a draft away, whether its incident is resolved or not."""
    record = find_incident(state, command.id)
    if isinstance(record, Refusal):
        return record
    draft = _find_draft(record, command.number)
    if isinstance(draft, Refusal):
        return draft
    return (_write(command, facts, draft.number, draft.phase, draft.text, PostStatus.DISCARDED),)


def _write(
    command: DraftPost | PublishPost | DiscardPost,
    facts: Facts,
    number: int,
    phase: Phase,
    text: str,
    status: PostStatus,
) -> PostWritten:
    post = Post(number=number, phase=phase, text=text.strip(), status=status, at=facts.now, author=command.author)
    return PostWritten(at=facts.now, author=command.author, id=command.id, post=post)


def _find_draft(record: IncidentRecord, number: int) -> Post | Refusal:
    draft = next((p for p in record.posts if p.number == number and p.status is PostStatus.DRAFT), None)
    if draft is None:
        return Refusal(RefusalCode.POST_UNKNOWN, f"incident {record.incident.id} has no draft {number}")
    return draft


def _find_outdated(record: IncidentRecord, command: PublishPost) -> Post | None:
    """What Holdfast drafted and nobody published."""
    if command.author == SYSTEM:
        return None
    return next((p for p in record.posts if p.status is PostStatus.DRAFT and p.author == SYSTEM), None)


def _check_room(record: IncidentRecord) -> Refusal | None:
    if len(record.posts) < POSTS_MAX:
        return None
    return Refusal(RefusalCode.POSTS_FULL, f"incident {record.incident.id} has {POSTS_MAX} posts, which is the most")
