"""Texts of more than one line that people write."""

from holdfast.model.refusal import Refusal, RefusalCode


def check_text(text: str, what: str, characters_max: int) -> Refusal | None:
    """A text of lines of printable characters, neither empty nor too long."""
    stripped = text.strip()
    if stripped and len(stripped) <= characters_max and all(line.isprintable() for line in stripped.split("\n")):
        return None
    message = f"{what}: write lines of printable characters, {characters_max} at most in all"
    return Refusal(RefusalCode.TEXT_MALFORMED, message)
