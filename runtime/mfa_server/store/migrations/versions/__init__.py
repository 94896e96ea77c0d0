"""The revisions, oldest first by name. A new one names the one before it in ``down_revision`` and never changes an old one."""

__all__: list[str] = []
