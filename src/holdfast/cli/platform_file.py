"""Reads a platform that is to go in force, with all that can be known against it here."""

from pathlib import Path

from holdfast.cli.check import check_path, gather_facts
from holdfast.spec import Checked, add_facts


def read_platform_file(path: Path, *, ports: bool) -> tuple[str, Checked]:
    """The one text of a file or directory, and what came of checking it; with `ports`, also whether those are free."""
    checked = check_path(path)
    if checked.platform is not None:
        checked = add_facts(checked, gather_facts(checked.platform, ports=ports))
    return checked.source_map.text, checked
