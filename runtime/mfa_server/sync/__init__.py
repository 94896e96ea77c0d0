"""Directory sync: people of the directory become users, and stay like their entries.

Belongs here: which entries a UserSyncSource selects, how their attributes become a user's fields, when the next pass is
due, and the passes themselves. Does not belong here: how a directory is spoken to (the reader comes in through
``ports``), what the store does with users, and anything about passwords. A pass adds and updates; it removes nobody.
"""

from mfa_server.sync.passes import Synchronizer
from mfa_server.sync.ports import DirectoryReader, DirectorySession
from mfa_server.sync.sources import SyncSource

__all__ = ["DirectoryReader", "DirectorySession", "SyncSource", "Synchronizer"]
