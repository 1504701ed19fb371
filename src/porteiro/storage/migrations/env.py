"""What alembic runs to migrate: on the connection it is handed, in that one's transaction."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="porteiro_migration",
    transactional_ddl=True,
    on_version_apply=context.config.attributes["on_version_apply"],
)
context.run_migrations()
