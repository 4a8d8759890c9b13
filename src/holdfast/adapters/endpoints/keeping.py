"""The endpoints that were learnt last, on disk: a control that starts while a feed is dead goes on with them."""

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from holdfast.model.recovery import Endpoint

LOG: Final = logging.getLogger(__name__)
Discovered = Mapping[str, tuple[Endpoint, ...]]
"""Endpoints by cluster."""
_FILE: Final = TypeAdapter(dict[str, tuple[Endpoint, ...]])


def load_endpoints(path: Path) -> Discovered:
    """What was kept; nothing, and a warning, if it can't be read."""
    try:
        return _FILE.validate_python(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, ValidationError) as error:
        LOG.warning("%s, the endpoints that were learnt last, can't be read: %s", path, type(error).__name__)
        return {}


def keep_endpoints(path: Path, discovered: Discovered) -> None:
    """Keep these durably, in place of any others: all or nothing. OSError if that can't be."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - for the mode
        file.write(_FILE.dump_json(dict(discovered), exclude_defaults=True))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
