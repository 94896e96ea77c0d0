"""Facts about the domain as a whole that single logons need: its short name, and after how many failures it locks.

They change about never, so they are read when first needed and again after five minutes. Whatever cannot be read is
"not known" (None), which callers take for the careful answer.
"""

from dataclasses import dataclass
from typing import Final

from mfa_server.clock import Clock
from mfa_server.directories.errors import SearchFailedError
from mfa_server.directories.naming import entry_text
from mfa_server.directories.search import OwnSearches
from mfa_server.directories.settings import DirectorySettings, DirectoryType
from mfa_server.ldap import Attribute, ResultCode, Scope, SearchRequest, SearchResultEntry
from mfa_server.ldap.filters import And, EqualityMatch, Filter, Present

__all__ = ["POLICY_ATTRIBUTES", "DomainFacts"]

_KNOWN_SECONDS: Final = 300.0
_UNKNOWN_SECONDS: Final = 60.0
_ROOT_DSE_SECONDS: Final = 60.0
_MAX_POLICIES: Final = 1024
_ANYTHING: Final = Present("objectClass")

POLICY_ATTRIBUTES: Final = {
    DirectoryType.ACTIVE_DIRECTORY: "msDS-ResultantPSO",
    DirectoryType.OPENLDAP: "pwdPolicySubentry",
    DirectoryType.OTHER: "pwdPolicySubentry",
}
"""The attribute of a person's entry that names the password policy in force for him, where it is not the default one."""


@dataclass(frozen=True, slots=True)
class _Known:
    """Something that was read and counts until then."""

    value: str | int | None
    until: float


class DomainFacts:
    """What is known of one directory beyond its entries. All methods raise DirectoryUnavailableError."""

    def __init__(self, searches: OwnSearches, settings: DirectorySettings, clock: Clock) -> None:
        self._searches = searches
        self._settings = settings
        self._clock = clock
        self._root_dse: tuple[float, tuple[Attribute, ...]] | None = None
        self._short_name: _Known | None = None
        self._thresholds: dict[str, _Known] = {}

    async def root_dse(self) -> tuple[Attribute, ...]:
        """Return the root DSE as the directory shows it to the own account; read at most once a minute."""
        now = self._clock.monotonic()
        if self._root_dse is None or now >= self._root_dse[0]:
            request = SearchRequest("", Scope.BASE_OBJECT, _ANYTHING, ("*", "+"))
            outcome = await self._searches.search(request)
            if len(outcome.entries) != 1:
                text = f"the directory shows no root DSE (result {outcome.result.result_code})"
                raise SearchFailedError(text, result_code=outcome.result.result_code)
            self._root_dse = (now + _ROOT_DSE_SECONDS, outcome.entries[0].attributes)
        return self._root_dse[1]

    async def short_name(self) -> str | None:
        """Return Active Directory's NetBIOS name of the domain; None where it cannot be read."""
        now = self._clock.monotonic()
        if self._short_name is None or now >= self._short_name.until:
            name = await self._read_short_name()
            self._short_name = _Known(name, now + (_KNOWN_SECONDS if name else _UNKNOWN_SECONDS))
        value = self._short_name.value
        return value if isinstance(value, str) and value else None

    async def lockout_threshold(self, entry: SearchResultEntry) -> int | None:
        """Return after how many wrong passwords the directory locks this entry; 0: never; None: cannot be read."""
        policy = entry_text(entry, POLICY_ATTRIBUTES[self._settings.type])
        now = self._clock.monotonic()
        known = self._thresholds.get(policy)
        if known is None or now >= known.until:
            value = await self._read_threshold(policy)
            known = _Known(value, now + (_UNKNOWN_SECONDS if value is None else _KNOWN_SECONDS))
            if len(self._thresholds) >= _MAX_POLICIES:
                self._thresholds.clear()
            self._thresholds[policy] = known
        return known.value if isinstance(known.value, int) else None

    # Inside -----------------------------------------------------------------------------------------------------------

    async def _naming_context(self, attribute: str) -> str:
        for each in await self.root_dse():
            if each.description.lower() == attribute and each.values:
                return each.values[0].decode("utf-8", "replace")
        return ""

    async def _read_short_name(self) -> str | None:
        configuration = await self._naming_context("configurationnamingcontext")
        domain = await self._naming_context("defaultnamingcontext")
        if not configuration or not domain:
            return None
        cross_reference = And((EqualityMatch("objectClass", b"crossRef"), EqualityMatch("nCName", domain.encode())))
        base = f"CN=Partitions,{configuration}"
        entry = await self._one(base, Scope.SINGLE_LEVEL, cross_reference, ("nETBIOSName",))
        return entry_text(entry, "nETBIOSName") if entry is not None else None

    async def _read_threshold(self, policy: str) -> int | None:
        if self._settings.type is not DirectoryType.ACTIVE_DIRECTORY:
            return await self._read_ppolicy(policy) if policy else None
        base = policy or await self._naming_context("defaultnamingcontext")
        attribute = "msDS-LockoutThreshold" if policy else "lockoutThreshold"
        entry = await self._one(base, Scope.BASE_OBJECT, _ANYTHING, (attribute,)) if base else None
        return _number(entry, attribute) if entry is not None else None

    async def _read_ppolicy(self, policy: str) -> int | None:
        """Read draft-behera-ldap-password-policy §5.2: the account locks only where pwdLockout says so."""
        entry = await self._one(policy, Scope.BASE_OBJECT, _ANYTHING, ("pwdLockout", "pwdMaxFailure"))
        if entry is None:
            return None
        return (_number(entry, "pwdMaxFailure") or 0) if entry_text(entry, "pwdLockout").upper() == "TRUE" else 0

    async def _one(
        self, base: str, scope: Scope, condition: Filter, attributes: tuple[str, ...]
    ) -> SearchResultEntry | None:
        """Return the only entry of a search; None for none, several, or a directory that does not show it."""
        outcome = await self._searches.search(SearchRequest(base, scope, condition, attributes, size_limit=2))
        found = outcome.result.result_code == ResultCode.SUCCESS and len(outcome.entries) == 1
        return outcome.entries[0] if found else None


def _number(entry: SearchResultEntry, attribute: str) -> int | None:
    text = entry_text(entry, attribute)
    return int(text) if text.isdecimal() and len(text) <= 9 else None
