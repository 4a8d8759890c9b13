"""What of a request is never kept or shown: queries, credentials, and path segments that look like secrets.

Looks can deceive both ways: short or wordy secrets pass, and a digest in an asset's name is masked. Whoever must
be sure keeps secrets out of paths.
"""

import re
from typing import Final
from urllib.parse import unquote

MASK: Final = "***"
"""What stands for a secret."""

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SECRET: Final = re.compile(
    r"(?P<scheme>\b(?i:bearer|basic)(?:%20|[\s+:=]))[^/\s]+"
    r"|(?P<parameter>;[^/;=]{1,64}=)[^/;]+"
    r"|eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*"
    r"|\b(?:sk|pk|rk|gh[oprsu]|github_pat|glpat|xox[abeprs]|holdfast)[_-][A-Za-z0-9_-]{12,}"
    r"|\bA(?:KIA|SIA)[0-9A-Z]{16}\b"
    r"|(?P<run>[A-Za-z0-9_~+=-]{24,})"
)
"""Credentials, JSON web tokens, well-known kinds of keys, and long runs. Takes time linear in the length."""
_HEX: Final = re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{32,}(?![0-9A-Za-z])")
_AT: Final = re.compile(r"@|%40")
_DOMAIN: Final = re.compile(r"(?![23]x\.)[^@]+\.[^@.]+")
"""What follows the at sign of an e-mail address; not that of `logo@2x.png`."""
_NAMES_SECRET: Final = re.compile(
    r"(?i)(?:.*[-_.])?(?:token|secret|password|passwd|api-?key|auth|session|reset|invite|verify|confirm|magic|otp)s?"
)
"""Segments that say that a secret follows."""
_MAY_BE_SECRET: Final = re.compile(r"(?=[^/]*[0-9])[^/]{8,}")
_RUN_OF_DIGITS_AND_LETTERS: Final = re.compile(r"(?=(?:[^0-9]*[0-9]){4})[A-Za-z0-9]{32,}")


def mask_path(path: str) -> str:
    """A path with `MASK` in place of what looks like a secret; UUIDs stay. As many slashes as before; idempotent."""
    segments = path.split("/")
    masked = [_mask_segment(segment) for segment in segments]
    for i, before in enumerate(segments[:-1], start=1):
        if _NAMES_SECRET.fullmatch(before) and _MAY_BE_SECRET.fullmatch(segments[i]):
            masked[i] = MASK
    return "/".join(masked)


def strip_query(url: str) -> str:
    """A URL or path without query, fragment, and without a user's name and password before its host."""
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    scheme, mark, rest = bare.partition("://")
    if not mark or "/" in scheme:
        return bare
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def redact_url(url: str) -> str:
    """A URL or path without query and credentials, its path masked as by `mask_path`."""
    bare = strip_query(url)
    scheme, mark, rest = bare.partition("://")
    if not mark or "/" in scheme:
        return mask_path(bare)
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}{mask_path(slash + path)}"


def _mask_segment(segment: str) -> str:
    masked = _mask_text(segment)
    if masked == segment and "%" in segment:
        decoded = unquote(segment)
        return segment if _mask_text(decoded) == decoded else MASK
    return masked


def _mask_text(text: str) -> str:
    return MASK if _is_email_address(text) else _SECRET.sub(_mask_found, text)


def _is_email_address(text: str) -> bool:
    local, *domains = _AT.split(text)
    return bool(local) and any(_DOMAIN.fullmatch(domain) for domain in domains)


def _mask_found(found: re.Match[str]) -> str:
    run = found["run"]
    if run is not None:
        return MASK if _looks_random(run) else _HEX.sub(MASK, run)
    return (found["scheme"] or found["parameter"] or "") + MASK


def _looks_random(run: str) -> bool:
    """Whether no person would have written it: words are seldom of both cases with digits between, nor so long."""
    if _UUID.fullmatch(run):
        return False
    mixed = all(re.search(kind, run) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    return mixed or bool(_RUN_OF_DIGITS_AND_LETTERS.fullmatch(run))
