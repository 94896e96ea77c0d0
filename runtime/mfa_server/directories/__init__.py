"""The directories that know the passwords: connections to them, password checks, searches, names.

Belongs here: everything between a question about a person and the bytes of an LDAP server, behind ``auth.ports.Directory``;
the relay that passes a gateway's own searches on; which servers are alive. Does not belong here: what an answer means
for a logon (``auth``), what is kept about people (``store``), and the front ends. Writes nothing to any directory.
"""

from mfa_server.directories.counters import DirectoryCounters
from mfa_server.directories.errors import DirectorySettingsError
from mfa_server.directories.ldap_directory import LdapDirectory
from mfa_server.directories.reader import PagedReader
from mfa_server.directories.relay import RelaySession, RelaySink, SearchRelay
from mfa_server.directories.service_accounts import ResolvedServiceAccount, ServiceAccounts
from mfa_server.directories.settings import DirectorySettings, DirectoryType, ServerAddress, TlsMode, default_port

__all__ = [
    "DirectoryCounters",
    "DirectorySettings",
    "DirectorySettingsError",
    "DirectoryType",
    "LdapDirectory",
    "PagedReader",
    "RelaySession",
    "RelaySink",
    "ResolvedServiceAccount",
    "SearchRelay",
    "ServerAddress",
    "ServiceAccounts",
    "TlsMode",
    "default_port",
]
