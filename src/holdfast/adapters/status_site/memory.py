"""What was published before, kept over restarts beside the site, where no reader comes."""

from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from holdfast.model.status_document import PublicMemory

_FILE: Final = "memory.json"
_MEMORY: Final = TypeAdapter(PublicMemory)


def load_memory(folder: Path) -> PublicMemory:
    """What is kept; nothing, if it can't be read: then times of changes are told anew."""
    try:
        return _MEMORY.validate_json((folder / _FILE).read_bytes())
    except (OSError, ValidationError):
        return PublicMemory()


def save_memory(folder: Path, memory: PublicMemory) -> None:
    """Keep it, all or nothing. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{_FILE}.unfinished"
    unfinished.write_bytes(_MEMORY.dump_json(memory))
    unfinished.replace(folder / _FILE)
