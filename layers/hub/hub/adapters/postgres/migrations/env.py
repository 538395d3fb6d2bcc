"""What Alembic runs: migrations over the connection that `upgrade` opened."""

from alembic import context

from hub.adapters.postgres.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
