"""Runs migrations on the connection that the journal hands over; there is no other way to start them."""

from alembic import context

from holdfast.adapters.journal.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
