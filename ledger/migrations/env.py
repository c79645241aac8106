"""Alembic runs this file for each migration; `opening.py` hands it the connection, which is in a transaction."""

from alembic import context

from ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
