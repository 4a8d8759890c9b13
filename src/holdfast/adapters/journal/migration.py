"""Brings a journal's tables up to what this version needs, or says that they are from a later one."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from holdfast.model.ports import JournalFromNewerVersion

MIGRATIONS: Final = Path(__file__).parent / "migrations"
HEAD: Final = "0001"
"""The latest migration."""


def migrate(connection: Connection) -> None:
    """Apply every missing migration in one transaction; JournalFromNewerVersion if it knows ones that we don't.

    A journal that is up to date, as nearly all are, is spared Alembic, which is a tenth of control's memory.
    """
    if _read_version(connection) != HEAD:
        _migrate(connection)


def _read_version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return version


def _migrate(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - only where there is something to migrate
    from alembic.config import Config  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

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
