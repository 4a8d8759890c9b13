"""Requests that a change would treat otherwise than people would expect of it."""

from collections import Counter
from collections.abc import Iterator

from holdfast.rollout.danger import SHOWN_MAX, Change, Danger, group_by_service, show_requests
from holdfast.rollout.outcomes import Difference, Outcome


def find_strangers(change: Change) -> Iterator[Danger]:
    """Services that the change doesn't speak of must not differ at all, unless something that all share was changed."""
    if change.changes.shared:
        return
    mentioned = change.changes.mentioned
    for service, theirs in group_by_service(change.differences).items():
        if service and service not in mentioned:
            message = f"{service} isn't mentioned in the change, and its requests would be treated differently"
            yield Danger("stranger-differs", message, (service,), show_requests(theirs))


def find_lost(change: Change) -> Iterator[Danger]:
    """Requests that are served now and would be turned away."""
    for service, theirs in group_by_service(d for d in change.differences if d.loses).items():
        callers = Counter[str]()
        for difference in theirs:
            if difference.request.caller:
                callers[difference.request.caller] += round(difference.request.weight)
        asked_by = "".join(f"; {caller} asks for them" for caller, _ in callers.most_common(SHOWN_MAX))
        count = sum(d.request.weight for d in theirs)
        answers = "/".join(sorted({str(d.new.status) for d in theirs}))
        message = f"requests that {service} answers now would get {answers} ({count:g} were recorded){asked_by}"
        yield Danger("requests-lost", message, tuple(dict.fromkeys((service or "", *callers))), show_requests(theirs))


def find_failing_probes(change: Change) -> Iterator[Danger]:
    """Probes that an edge would answer otherwise than they expect."""
    for probe, status in change.failing_probes:
        message = f"{probe.method} {probe.host}{probe.path} must be answered {probe.expect}, and gets {status}"
        yield Danger("probe-fails", message, evidence=(f"{probe.method} {probe.host}{probe.path} → {status}",))


def find_odd_paths(change: Change) -> Iterator[Danger]:
    """Rewritten paths as no upstream expects them."""
    odd = [d for d in change.differences if "//" in d.new.path.partition("?")[0] and "//" not in d.old.path]
    for service, theirs in group_by_service(odd).items():
        message = f"{service} would be asked for paths with two slashes in a row"
        evidence = tuple(f"{d.request.path} becomes {d.new.path}" for d in theirs[:SHOWN_MAX])
        yield Danger("double-slash", message, (service or "",), evidence)


def find_public_pages(change: Change) -> Iterator[Danger]:
    """Answers to people who are known by a cookie or token, which caches would be told to keep for everybody."""
    for service, theirs in group_by_service(change.differences).items():
        shown = [d for d in theirs if _is_personal(d) and _is_public(d.new) and not _is_public(d.old)]
        if shown:
            message = f"answers of {service} to known users would be marked as everybody's"
            yield Danger("private-made-public", message, (service or "",), show_requests(shown))


def _is_personal(difference: Difference) -> bool:
    return any(name in {"cookie", "authorization"} for name, _ in difference.request.headers)


def _is_public(outcome: Outcome) -> bool:
    words = dict(outcome.answered).get("cache-control", "").lower()
    return "public" in words or "s-maxage" in words
