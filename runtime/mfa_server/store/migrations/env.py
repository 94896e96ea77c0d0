"""What Alembic runs: the revisions on the connection that ``migrate`` hands over, in the transaction it has begun."""

from alembic import context

from mfa_server.store.schema import metadata

__all__: list[str] = []


def _run() -> None:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        # SQLite can undo DDL; Alembic only does not expect it to.
        transactional_ddl=True,
        render_as_batch=True,
    )
    context.run_migrations()


_run()
