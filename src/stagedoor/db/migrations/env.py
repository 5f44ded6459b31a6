"""Alembic's entry: runs on the connection that ``stagedoor.db.migrate`` hands over."""

from alembic import context

from stagedoor.crash import crash_point
from stagedoor.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
    on_version_apply=lambda **_: crash_point("C11"),
)
with context.begin_transaction():
    context.run_migrations()
