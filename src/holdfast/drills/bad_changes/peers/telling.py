"""What became of the corpus at a peer, as JSON: figures with their parts, and every case."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from holdfast.drills.bad_changes.peers.trying import Pushed

OUTCOMES: Final = ("refused", "broke", "unseen", "passed", "not expressible", "broken")
_WHY_CHARS: Final = 150


def tell_peer(peer: str, version: str, pushed: Sequence[Pushed]) -> dict[str, Any]:
    """A document of results. What can't be said in the peer's words is counted apart, on both sides."""
    cases = [_tell_case(each) for each in pushed]
    return {
        "scenario": "bad-changes",
        "peer": peer,
        "versions": {peer: version},
        "bad": count_outcomes([each for each in cases if each["caught_by"] is not None]),
        "harmless": count_outcomes([each for each in cases if each["caught_by"] is None]),
        "cases": cases,
    }


def tell_line(pushed: Pushed) -> str:
    """A case in a line."""
    why = (pushed.said or pushed.unsaid or pushed.failed or _give_example(pushed) or "")[:_WHY_CHARS]
    return f"{pushed.outcome:16}{pushed.case.id:48}{len(pushed.broken):3} of {pushed.asked:3} requests broken  {why}"


def count_outcomes(cases: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Figures of told cases: how many there were of each outcome, and how much was broken over all of them."""
    outcomes = Counter(each["outcome"] for each in cases)
    return {
        "cases": len(cases),
        **{outcome.replace(" ", "_"): outcomes[outcome] for outcome in OUTCOMES},
        "refused_yet_broke": sum(each["outcome"] == "refused" and each["requests_broken"] > 0 for each in cases),
        "services_broken": sum(len(each["services_broken"]) for each in cases),
        "requests_broken": sum(each["requests_broken"] for each in cases),
    }


def _tell_case(pushed: Pushed) -> dict[str, Any]:
    services = sorted({service for service, _, _ in pushed.broken})
    return {
        "case": pushed.case.id,
        "title": pushed.case.title,
        "caught_by": pushed.case.caught_by,
        "outcome": pushed.outcome,
        "said": pushed.said or pushed.unsaid or pushed.failed,
        "after_restart": pushed.fell,
        "services_broken": services,
        "requests_broken": len(pushed.broken),
        "requests_asked": pushed.asked,
        "requests_left_out": pushed.left_out,
        "example": _give_example(pushed),
    }


def _give_example(pushed: Pushed) -> str | None:
    return f"{pushed.broken[0][1]}: {pushed.broken[0][2]}" if pushed.broken else None
