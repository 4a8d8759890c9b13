"""Brings a journal's tables up to what this version needs, or says that they are from a later one."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from holdfast.model.ports import JournalFromNewerVersion

MIGRATIONS: Final = Path(__file__).parent / "migrations"


def migrate(connection: Connection) -> None:
    """Apply every missing migration in one transaction; JournalFromNewerVersion if it knows ones that we don't."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    have = MigrationContext.configure(connection).get_current_heads()
    known = {script.revision for script in scripts.walk_revisions()}
    if newer := set(have) - known:
        raise JournalFromNewerVersion(f"the journal's tables are of version {', '.join(newer)}, which is unknown here")
    if set(have) != set(scripts.get_heads()):
        command.upgrade(config, "head")
