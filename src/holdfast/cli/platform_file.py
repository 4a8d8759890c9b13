"""Reads a platform file that is to go in force, with all that can be known against it here."""

from pathlib import Path

from holdfast.cli.check import gather_facts, read_file
from holdfast.spec import Checked, add_facts, check_bytes


def read_platform_file(file: Path, *, ports: bool) -> tuple[str, Checked]:
    """The file's text and what came of checking it; with `ports`, also whether the edges' ports are free."""
    data = read_file(file)
    checked = check_bytes(data, str(file))
    if checked.platform is not None:
        checked = add_facts(checked, gather_facts(checked.platform, ports=ports), str(file))
    return data.decode(errors="replace"), checked
