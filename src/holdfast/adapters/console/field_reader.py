"""Fields of forms read one by one, with a sentence for each that can't be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from holdfast.adapters.console.fields import Fields
from holdfast.model.noun import Noun

TIME_HINT: Final = "Write a time in UTC, such as 2026-11-23 02:00."
Wanted = TypeVar("Wanted", bound=Noun)


@dataclass(slots=True)
class FieldReader:
    """Reads fields, and remembers what is wrong with each."""

    fields: Fields
    mistakes: dict[str, str] = field(default_factory=dict)

    def read(self, name: str, parse: Callable[[str], Any], *, required: str = "") -> Any:
        """A field's value; None if it is empty or wrong. `required` says what to write where something has to be."""
        text = self.fields.get(name, "")
        if not text:
            if required:
                self.mistakes[name] = required
            return None
        try:
            return parse(text)
        except ValueError as error:
            self.mistakes[name] = make_sentence(str(error))
            return None

    def make(self, kind: type[Wanted], given: Mapping[str, Any]) -> Wanted | None:
        """A noun from what was read; None if anything is wrong."""
        if self.mistakes:
            return None
        try:
            return kind.model_validate(given)
        except ValidationError as error:
            for mistake in error.errors():
                name = str(mistake["loc"][0]) if mistake["loc"] else "form"
                self.mistakes.setdefault(name, make_sentence(mistake["msg"]))
            return None


def read_names(text: str) -> tuple[str, ...]:
    """Names with commas or space between them."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def read_time(text: str) -> float:
    """A Unix time, in seconds, from a date and time of day in UTC; ValueError says what to write."""
    try:
        moment = datetime.fromisoformat(text.removesuffix("UTC").strip())
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError) as error:
        raise ValueError(TIME_HINT) from error


def write_time(at: float) -> str:
    """A Unix time as `read_time` reads it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00")


def make_sentence(text: str) -> str:
    """What is wrong, as a sentence."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
