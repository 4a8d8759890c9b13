"""Operators' regular expressions: read, costed and run by RE2, as edges do, so that none can take long."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import re2  # type: ignore[import-untyped]

from holdfast.spec.codes import Finding, Path, error, warning

BAD_REGEX = error(
    "HF325",
    "not a regular expression",
    "Expressions have RE2's syntax, which has neither look-around nor back-references, and match a whole path.",
    wrong="tenants: {acme: {services: {shop: {routes: [{name: users, match: {path: {regex: '/users/([0-9]+'}}}]}}}}",
    right="tenants: {acme: {services: {shop: {routes: [{name: users, match: {path: {regex: '/users/[0-9]+'}}}]}}}}",
)
GREEDY_REGEX = warning(
    "HF326",
    "a regular expression that takes every path",
    "The expression matches whatever is asked for. If that is meant, `prefix: /` says it plainly.",
    wrong="tenants: {acme: {services: {shop: {routes: [{name: api, match: {path: {regex: '.*(?:/api)?.*'}}}]}}}}",
    right="tenants: {acme: {services: {shop: {routes: [{name: api, match: {path: {regex: '/api/.*'}}}]}}}}",
)
COSTLY_REGEX = error(
    "HF329",
    "a regular expression that costs too much",
    "Every `.*` may end anywhere, so an edge keeps track of all of them at once, for every character of every "
    "request; a repetition that is counted multiplies those inside it. All services of an edge share its CPU.",
    wrong="tenants: {acme: {services: {shop: {routes: [{name: xss, match: {path: {regex: '/(?:.*=.*){1,50}'}}}]}}}}",
    right="tenants: {acme: {services: {shop: {routes: [{name: xss, match: {path: {regex: '/[^=]*=[^=]*=.*'}}}]}}}}",
)

ANYTHINGS_MAX: Final = 10
"""RE2 took eight times as long for a path of 300 characters with so many `.*` as with one; with 30, twenty times."""
_ANY_PATHS: Final = ("/", "/q7Z", "/q7Z/x.y", "/%7Eq7Z/8/")
"""Paths that nobody means in particular: an expression that matches them all matches everything."""
_PART: Final = re.compile(
    r"\\Q.*?(?:\\E|$)|\\[pP]\{[^}]*\}|\\."
    r"|\[\^?\]?(?:\\.|\[:\^?[a-z]+:\]|[^\]\\])*\]"
    r"|\(\?P?<[^>]*>|\(\?[a-zA-Z-]*[:)]|[*+?]\??|\{[0-9]+(?:,[0-9]*)?\}\??|.",
    re.DOTALL,
)
_COUNT: Final = re.compile(r"\{([0-9]+)(,?)([0-9]*)\}\??")
_OPTIONS: Final = re2.Options()
_OPTIONS.log_errors = False


@lru_cache(maxsize=4096)
def _compile(expression: str) -> Any:
    """The expression as RE2 reads it, or why it doesn't."""
    try:
        return re2.compile(expression, _OPTIONS)
    except re2.error as failure:
        why = failure.args[0]
        return why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)


def matches_whole(expression: str, path: str) -> bool:
    """Whether an expression matches a whole path; False if it is none."""
    compiled = _compile(expression)
    return not isinstance(compiled, str) and compiled.fullmatch(path) is not None


def check_expression(expression: str, path: Path) -> Iterator[Finding]:
    """An expression that an edge can read, that says something, and that costs little."""
    compiled = _compile(expression)
    if isinstance(compiled, str):
        message = f"`{expression}` isn't an expression of RE2: {compiled}"
        yield BAD_REGEX.at(path, message, "mend it; RE2 has no look-around and no references")
    elif (count := count_anythings(expression)) > ANYTHINGS_MAX:
        message = f"`{expression}` repeats anything {count} times, once its repetitions are written out"
        yield COSTLY_REGEX.at(path, message, f"say what may stand there, with at most {ANYTHINGS_MAX} of `.*`")
    elif all(matches_whole(expression, each) for each in _ANY_PATHS):
        yield GREEDY_REGEX.at(path, f"`{expression}` matches every path", "write prefix: /, or say less")


def count_anythings(expression: str) -> int:
    """How many of `.*` and `.+` an expression has, once what is counted in it is written out that many times."""
    sums, last, is_any = [0], 0, False
    for part in _PART.findall(expression):
        if _opens(part):
            sums.append(0)
        elif part == ")":
            last, is_any = sums.pop() if len(sums) > 1 else 0, False
            sums[-1] += last
        elif _repeats(part):
            copies, is_open = _read_repetition(part)
            more = 1 if is_any and is_open else last * (copies - 1)
            sums[-1], last, is_any = sums[-1] + more, last + more, False
        else:
            last, is_any = 0, part == "."
    return sum(sums)


def _opens(part: str) -> bool:
    return part == "(" or (part.startswith("(?") and not part.endswith(")"))


def _repeats(part: str) -> bool:
    return part[0] in "*+?" or _COUNT.fullmatch(part) is not None


def _read_repetition(part: str) -> tuple[int, bool]:
    """How many copies of what it repeats a repetition stands for, and whether there is no end to it."""
    found = _COUNT.fullmatch(part)
    if found is None:
        return 1, part[0] in "*+"
    least, comma, most = found.groups()
    return max(1, int(most or least)), bool(comma and not most)
