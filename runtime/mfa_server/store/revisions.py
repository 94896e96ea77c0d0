"""Which revisions of the schema there are to this version, for those who must not load the schema itself."""

__all__ = ["REVISION", "SUPPORTED"]

REVISION = "0001"
"""The newest revision of the schema: what ``schema.metadata`` describes."""

SUPPORTED = frozenset({"0001"})
"""Revisions this version can run on: the newest and, once there are two, the one before it."""
