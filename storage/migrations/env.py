"""What alembic runs around the revisions; `storage.revisions.migrate` gives it the connection.

There is no ini file and no offline mode: migrations run from the program itself, in its transaction.
"""

from alembic import context

from storage.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    on_version_apply=context.config.attributes["on_version_apply"],
)
context.run_migrations()
