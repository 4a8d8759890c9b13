"""The words that people and programs give for what they do."""

from holdfast.engine.maxima import REASON_CHARACTERS_MAX
from holdfast.model.refusal import Refusal, RefusalCode


def check_reason(reason: str) -> Refusal | None:
    """A reason is one printable line, neither empty nor too long: people will read it in terminals and reports."""
    text = reason.strip()
    if text and len(text) <= REASON_CHARACTERS_MAX and text.isprintable():
        return None
    message = f"give a reason: one line of 1 to {REASON_CHARACTERS_MAX} printable characters"
    return Refusal(RefusalCode.REASON_MALFORMED, message)
