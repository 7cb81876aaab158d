"""Run by Alembic, on the connection that `migrate` gives it."""

from alembic import context

from aplomo.embed.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # `migrate` has begun the transaction, and ends it.
    transactional_ddl=False,
)
context.run_migrations()
