"""What must survive a restart: people, their state, tokens, open challenges, the audit, the servers.

Belongs here: the protocols (``base``), the values (``records``), the schema, its migrations and the engines behind the protocols.
Does not belong here: decisions (``auth``) and anything that awaits a directory or a person. Only protocols and records are
exported: importing the room does not load an engine.
"""

from mfa_server.store.base import AuditStore, LogonStore, ServerStore, Store, SyncStore, TokenStore, UserStore

__all__ = ["AuditStore", "LogonStore", "ServerStore", "Store", "SyncStore", "TokenStore", "UserStore"]
