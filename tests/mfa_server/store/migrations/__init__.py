"""Tests of the schema's history: what Alembic runs. Not here: the way it is started (``test_migrate``)."""

__all__: list[str] = []
