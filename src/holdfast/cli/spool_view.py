"""The spool, as commands print it."""

import base64
import time
from collections.abc import Iterator

from rich.text import Text

from holdfast.cli.output import print_line, print_table, tell_span, tell_time
from holdfast.views.spool import DeadLetterDocument, DeadLettersDocument, MessageDocument, SpoolDocument
from holdfast.views.spool import SpooledServiceDocument as Service

_STYLES = {"direct": "green", "opening": "yellow", "spooling": "yellow", "closing": "cyan", "releasing": "cyan"}
_WORDS = {
    "direct": "direct",
    "opening": "opening: edges are being switched to the spool",
    "spooling": "spooling",
    "closing": "closing: acknowledged after delivery",
    "releasing": "releasing: edges are being switched back",
}


def print_spool(document: SpoolDocument) -> None:
    """By service."""
    if not document.running:
        print_line("The spooler doesn't run: nothing may be deferred, or it can't start; then its log says why:")
        print_line("spool/spooler.log in control's state directory.")
        return
    if not document.services:
        print_line("Nothing is kept.")
    columns = ("service", "tenant", "requests go", "waiting", "bytes", "oldest", "at once", "dead", "delivered", "note")
    print_table("Spool", columns, (_tell(service) for service in document.services))
    print_line((f"{_tell_size(document.disk_bytes)} on disk, {_tell_size(document.free_bytes)} left", "dim"))


def tell_service(service: Service) -> None:
    """One service, in a line."""
    print_line((service.service, "bold"), f": {service.waiting} waiting; {_WORDS.get(service.phase, service.phase)}")


def print_dead(document: DeadLettersDocument) -> None:
    """A line each."""
    if not document.dead:
        print_line("There are no dead letters.")
    columns = ("id", "service", "request", "accepted", "died", "attempts", "why")
    print_table("Dead letters", columns, (_tell_dead(letter) for letter in document.dead))
    if document.after is not None:
        print_line((f"… and more: holdfast spool dead --after {document.after}", "dim"))


def print_message(message: MessageDocument) -> None:
    """All that may be known of it."""
    for name, value in _list_facts(message):
        print_line((f"{name:<16}", "dim"), value)
    for name, value in message.headers or ():
        print_line(("  ", "dim"), f"{name}: {value}")
    if message.body:
        body = base64.b64decode(message.body)
        print_line(body.decode("utf-8", "replace"))
        if message.body_bytes and message.body_bytes > len(body):
            print_line((f"… {message.body_bytes - len(body)} bytes more", "dim"))


def _list_facts(message: MessageDocument) -> Iterator[tuple[str, str]]:
    yield "id", message.id
    yield "standing", message.standing
    yield "service", f"{message.service} of {message.tenant}"
    yield "accepted", tell_time(message.accepted_at)
    yield "expires", tell_time(message.expires_at)
    yield "attempts", str(message.attempts)
    yield "key", message.idempotency_key
    told = {
        "why": message.why,
        "by": message.by,
        "answer": str(message.status) if message.status else None,
        "order": message.order_key,
        "request": f"{message.method} {message.host}{message.path or ''}" if message.method else None,
    }
    yield from ((name, value) for name, value in told.items() if value)


def _tell(service: Service) -> tuple[str | Text, ...]:
    note = "failing" if service.failing else "held up by us" if service.held_up else ""
    return (
        service.service,
        service.tenant,
        Text(service.phase, style=_STYLES.get(service.phase, "")),
        f"{service.waiting:,}",
        _tell_size(service.waiting_bytes),
        tell_span(time.time() - service.oldest_at) if service.oldest_at else "",
        str(service.at_once or ""),
        f"{service.dead:,}",
        f"{service.delivered:,}",
        ", ".join(filter(None, (note, "kept open" if service.pinned else ""))),
    )


def _tell_size(size_bytes: int) -> str:
    return f"{size_bytes:,} B" if size_bytes < 10_000 else f"{size_bytes / 1024**2:,.1f} MiB"


def _tell_dead(letter: DeadLetterDocument) -> tuple[str, ...]:
    return (
        letter.id,
        letter.service,
        f"{letter.method} {letter.path}",
        tell_time(letter.accepted_at),
        tell_time(letter.died_at),
        str(letter.attempts),
        letter.why,
    )
