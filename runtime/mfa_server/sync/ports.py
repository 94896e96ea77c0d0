"""What directory sync needs from a directory, as protocols beside their consumer."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from mfa_server.ldap import SearchRequest, SearchResultEntry

__all__ = ["DirectoryReader", "DirectorySession"]


class DirectorySession(Protocol):
    """One connection for one pass; one search at a time."""

    def pages(self, request: SearchRequest) -> AsyncIterator[Sequence[SearchResultEntry]]:
        """Yield a search's entries page by page. Raises DirectoryUnavailableError; a missing base is one, never empty."""
        ...


class DirectoryReader(Protocol):
    """A directory and what it calls its things."""

    @property
    def type(self) -> str:
        """``ActiveDirectory``, ``OpenLDAP`` or ``Other``."""
        ...

    @property
    def base_dn(self) -> str:
        """Where searches begin that the source gives no base for."""
        ...

    @property
    def identity_attributes(self) -> tuple[str, ...]:
        """What ``user_id``, ``username`` and ``upn`` need of an entry."""
        ...

    @property
    def username_attributes(self) -> tuple[str, ...]:
        """The attributes that hold a user's name, in order."""
        ...

    def user_id(self, entry: SearchResultEntry) -> str:
        """Return the immutable id as canonical text; empty: none that can be read."""
        ...

    def username(self, entry: SearchResultEntry) -> str:
        """Return the user's name."""
        ...

    def upn(self, entry: SearchResultEntry) -> str:
        """Return the user principal name, or empty."""
        ...

    def session(self) -> AbstractAsyncContextManager[DirectorySession]:
        """Connect for one pass. Raises DirectoryUnavailableError."""
        ...
