r"""The directory as logons see it: who a name stands for, and whether a password is right.

Everything else of this room is put together here: servers, the pool for password checks, searches under the group's own
account, the relay for gateways and the reader for directory sync.
"""

from typing import Final

import structlog
from typing_extensions import override

from mfa_server.auth.ports import Directory, Identity, PasswordVerdict
from mfa_server.clock import Clock, Randomness, SystemRandomness
from mfa_server.directories.connect import Connector
from mfa_server.directories.counters import DirectoryCounters
from mfa_server.directories.domain import POLICY_ATTRIBUTES, DomainFacts
from mfa_server.directories.errors import DirectorySettingsError, SearchFailedError
from mfa_server.directories.naming import (
    NameForm,
    ParsedName,
    dns_domain,
    down_level_filter,
    parse_bind_name,
    principal_filter,
    upn_of,
    user_id_of,
    username_of,
)
from mfa_server.directories.pool import BindPool
from mfa_server.directories.reader import PagedReader
from mfa_server.directories.relay import SearchRelay
from mfa_server.directories.root_dse import rewrite_root_dse
from mfa_server.directories.search import OwnSearches
from mfa_server.directories.servers import Servers
from mfa_server.directories.settings import DirectorySettings, DirectoryType, ServerAddress
from mfa_server.ldap import (
    Attribute,
    DistinguishedNameError,
    ResultCode,
    Scope,
    SearchRequest,
    SearchResultEntry,
    parse_name,
)
from mfa_server.ldap.filters import Filter, Present

__all__ = ["LdapDirectory"]

log = structlog.get_logger("directory")

_NOT_THERE: Final = frozenset({ResultCode.NO_SUCH_OBJECT, ResultCode.INVALID_DN_SYNTAX, ResultCode.REFERRAL})
"""Results that mean: no entry of this directory. 10 comes for a DN that lies in another one."""


class LdapDirectory(Directory):
    """One LDAP directory: Active Directory, OpenLDAP or another. Make it inside a running loop.

    Nothing is connected to until it is needed. ``close`` when a changed configuration has replaced it; logons that are
    under way then end as unavailable. Raises DirectorySettingsError for settings that cannot work.
    """

    def __init__(
        self,
        settings: DirectorySettings,
        clock: Clock,
        randomness: Randomness = SystemRandomness(),  # noqa: B008 - holds no state
    ) -> None:
        try:
            self._base = parse_name(settings.base_dn)
        except DistinguishedNameError as error:
            raise DirectorySettingsError(
                f"directory.baseDN {settings.base_dn!r}: {error}", hint="write it like dc=example,dc=com"
            ) from None
        self._settings = settings
        self._domain = dns_domain(self._base)
        self.counters = DirectoryCounters()
        self._servers = Servers(settings.servers, Connector.of(settings), clock, self.counters)
        self._pool = BindPool(self._servers, password_policy=settings.type is not DirectoryType.ACTIVE_DIRECTORY)
        self._searches = OwnSearches(self._servers, settings)
        self._facts = DomainFacts(self._searches, settings, clock)
        self.relay = SearchRelay(self._servers, randomness)
        self.reader = PagedReader(self._servers, settings)

    @property
    def settings(self) -> DirectorySettings:
        """The settings it was made from."""
        return self._settings

    def health(self) -> tuple[tuple[ServerAddress, bool], ...]:
        """Return each server and whether it is thought to live, in order of preference."""
        return self._servers.health()

    @override
    async def resolve(self, name: str) -> Identity | None:
        parsed = parse_bind_name(name, self._settings.type)
        if parsed is None:
            return None
        entry = await self._find(parsed)
        return None if entry is None else await self._identity(entry)

    @override
    async def check_password(self, dn: str, password: bytes) -> PasswordVerdict:
        if not dn or not password:
            # Active Directory answers success to a name without a password (RFC 4513 §5.1.2): never ask it.
            return PasswordVerdict(accepted=False, code=ResultCode.UNWILLING_TO_PERFORM, diagnostic="no password")
        result = await self._pool.check(dn, password)
        return PasswordVerdict(
            accepted=result.result_code == ResultCode.SUCCESS,
            code=result.result_code,
            matched_dn=result.matched_dn,
            diagnostic=result.diagnostic_message,
        )

    async def root_dse(self) -> tuple[Attribute, ...]:
        """Return the root DSE to show to gateways: the directory's, rewritten for what passes here.

        At most a minute old. Raises DirectoryUnavailableError.
        """
        return rewrite_root_dse(await self._facts.root_dse())

    async def close(self) -> None:
        """Close every connection."""
        self._pool.close()
        self._searches.close()
        self.relay.close()
        await self._servers.close()

    # Inside -----------------------------------------------------------------------------------------------------------

    async def _find(self, name: ParsedName) -> SearchResultEntry | None:
        base = str(self._base)
        match name.form:
            case NameForm.DN:
                if name.dn is None or not name.dn.is_under(self._base):
                    return None
                return await self._only(str(name.dn), Scope.BASE_OBJECT, Present("objectClass"))
            case NameForm.PRINCIPAL:
                return await self._only(base, Scope.WHOLE_SUBTREE, principal_filter(name, self._domain))
            case NameForm.DOWN_LEVEL:
                short_name = await self._facts.short_name()
                if short_name is None or short_name.lower() != name.domain.lower():
                    return None
                return await self._only(base, Scope.WHOLE_SUBTREE, down_level_filter(name))

    async def _only(self, base: str, scope: Scope, condition: Filter) -> SearchResultEntry | None:
        settings = self._settings
        attributes = [settings.id, *settings.usernames, POLICY_ATTRIBUTES[settings.type]]
        if settings.type is DirectoryType.ACTIVE_DIRECTORY:
            attributes += ["sAMAccountName", "userPrincipalName"]
        request = SearchRequest(base, scope, condition, tuple(dict.fromkeys(attributes)), size_limit=2)
        outcome = await self._searches.search(request)
        code = outcome.result.result_code
        if code in _NOT_THERE or code == ResultCode.SIZE_LIMIT_EXCEEDED:
            return None
        if code != ResultCode.SUCCESS:
            text = f"the directory cannot say who a name stands for: result {code} ({outcome.result.diagnostic_message[:200]})"
            raise SearchFailedError(text, result_code=code)
        return outcome.entries[0] if len(outcome.entries) == 1 else None

    async def _identity(self, entry: SearchResultEntry) -> Identity | None:
        settings = self._settings
        try:
            dn = parse_name(entry.object_name)
        except DistinguishedNameError as error:
            log.warning("an entry has a name that cannot be read", dn=entry.object_name[:200], error=str(error))
            return None
        user_id = user_id_of(entry, settings.id)
        if not user_id or not dn.is_under(self._base):
            log.warning(
                "an entry has no immutable id that can be read", dn=entry.object_name[:200], attribute=settings.id
            )
            return None
        username = username_of(entry, settings.usernames)
        upn = upn_of(entry, self._domain) if settings.type is DirectoryType.ACTIVE_DIRECTORY else ""
        threshold = await self._facts.lockout_threshold(entry)
        return Identity(user_id, entry.object_name, dn.key, username, upn, threshold)
