"""The version that spares Alembic is the one that Alembic brings a journal to."""

from alembic.config import Config
from alembic.script import ScriptDirectory

from holdfast.adapters.journal.migration import HEAD, MIGRATIONS


def test_the_head_is_the_latest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]
