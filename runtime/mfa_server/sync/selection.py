"""Finding the entries that a source selects: by searches, by groups with the groups inside them, and by name.

A base or group that the directory does not have is an error of the pass, never an empty selection.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final, TypeVar

import structlog

from mfa_resources.v1alpha1.sync_source import UserSyncSourceSpec
from mfa_server.auth.ports import DirectoryUnavailableError
from mfa_server.errors import MfaError
from mfa_server.ldap import (
    DistinguishedNameError,
    FilterError,
    Scope,
    SearchRequest,
    SearchResultEntry,
    parse_filter,
    parse_name,
)
from mfa_server.ldap.filters import And, EqualityMatch, Filter, Or, Present
from mfa_server.sync.mapping import mapped_attributes
from mfa_server.sync.ports import DirectoryReader, DirectorySession
from mfa_server.sync.presets import Preset, preset_for

__all__ = ["Selection", "SelectionError"]

log = structlog.get_logger("sync")
_Item = TypeVar("_Item")
_CHUNK: Final = 50
_MAX_GROUPS: Final = 10_000
_NO_SUCH_OBJECT: Final = 32
_ANYTHING: Final = Present("objectClass")
_SCOPES: Final = {"Subtree": Scope.WHOLE_SUBTREE, "OneLevel": Scope.SINGLE_LEVEL, "Base": Scope.BASE_OBJECT}


class SelectionError(MfaError):
    """A source's selection cannot be carried out as it is written."""

    code = "syncSelection"


class Selection:
    """What one source selects, read over one session. Entries may come more than once."""

    def __init__(self, session: DirectorySession, reader: DirectoryReader, spec: UserSyncSourceSpec) -> None:
        self._session = session
        self._reader = reader
        self._spec = spec
        self._preset: Preset = preset_for(reader.type)
        self._attributes = tuple(dict.fromkeys((*reader.identity_attributes, *mapped_attributes(spec))))

    async def pages(self) -> AsyncIterator[Sequence[SearchResultEntry]]:
        """Yield the entries page by page. Raises SelectionError, DirectoryUnavailableError."""
        for number, search in enumerate(self._spec.select.searches):
            condition = self._condition(number, search.filter)
            async for page in self._search(search.base_dn, _SCOPES[search.scope], condition):
                yield page
        if self._spec.select.groups:
            async for page in self._members():
                yield page
        for name in self._spec.select.users:
            entry = await self._person(name)
            if entry is not None:
                yield (entry,)

    def _condition(self, number: int, text: str | None) -> Filter:
        if text is None:
            return self._preset.people
        try:
            return parse_filter(text)
        except FilterError as error:
            where = f"spec.select.searches[{number}].filter"
            raise SelectionError(
                f"{where}: {error}", hint="write it as in RFC 4515, such as (objectClass=user)"
            ) from None

    async def _search(self, base: str, scope: Scope, condition: Filter) -> AsyncIterator[Sequence[SearchResultEntry]]:
        async for page in self._session.pages(SearchRequest(base, scope, condition, self._attributes)):
            yield page

    # Groups -----------------------------------------------------------------------------------------------------------

    async def _members(self) -> AsyncIterator[Sequence[SearchResultEntry]]:
        groups: dict[str, SearchResultEntry] = {}
        for dn in self._spec.select.groups:
            entry = await self._entry(dn, self._group_attributes())
            if entry is None:
                text = f"spec.select.groups: the directory has no entry {dn!r}, or does not show it"
                raise SelectionError(text, hint="give the group's DN, and let the directory account read it")
            groups[parse_name(entry.object_name).key] = entry
        await self._add_nested(groups)
        seen: set[str] = set()
        for condition in self._member_filters(list(groups.values())):
            async for page in self._search(self._reader.base_dn, Scope.WHOLE_SUBTREE, condition):
                seen.update(entry.object_name.casefold() for entry in page)
                yield page
        async for page in self._listed_members(groups, seen):
            yield page

    def _group_attributes(self) -> tuple[str, ...]:
        listed = (*self._preset.member_attributes, self._preset.member_name_attribute)
        return ("objectClass", "objectSid", *filter(None, listed))

    async def _add_nested(self, groups: dict[str, SearchResultEntry]) -> None:
        """Add the groups that are members of these, theirs too, each once: rings end by themselves."""
        newest = list(groups.values())
        is_group = Or(tuple(EqualityMatch("objectClass", name.encode()) for name in sorted(self._preset.group_classes)))
        while newest:
            found: list[SearchResultEntry] = []
            for chunk in _chunks(newest):
                inside = Or(tuple(_member_of(group) for group in chunk))
                request = SearchRequest(
                    self._reader.base_dn, Scope.WHOLE_SUBTREE, And((is_group, inside)), self._group_attributes()
                )
                async for page in self._session.pages(request):
                    found.extend(page)
            newest = []
            for entry in found:
                key = parse_name(entry.object_name).key
                if key not in groups:
                    groups[key] = entry
                    newest.append(entry)
            if len(groups) > _MAX_GROUPS:
                raise SelectionError(f"spec.select.groups: more than {_MAX_GROUPS} groups inside these")

    def _member_filters(self, groups: Sequence[SearchResultEntry]) -> Iterator[Filter]:
        for chunk in _chunks(groups):
            parts: list[Filter] = [_member_of(group) for group in chunk]
            if self._preset.primary_group:
                for group in chunk:
                    sid = _values(group, "objectSid")
                    if sid:
                        identifier = int.from_bytes(sid[0][-4:], "little")  # the RID, MS-DTYP 2.4.2.2
                        parts.append(EqualityMatch("primaryGroupID", str(identifier).encode()))
            yield And((self._preset.people, Or(tuple(parts))))

    async def _listed_members(
        self, groups: dict[str, SearchResultEntry], seen: set[str]
    ) -> AsyncIterator[Sequence[SearchResultEntry]]:
        """Read the members that only the groups themselves tell: ``memberOf`` may be missing, or lack old members."""
        waiting = list(groups.values())
        names: dict[str, None] = {}
        while waiting:
            group = waiting.pop()
            for attribute in self._preset.member_attributes:
                for value in _values(group, attribute):
                    dn = value.decode("utf-8", "replace")
                    if dn.casefold() in seen:
                        continue
                    seen.add(dn.casefold())
                    entry = await self._entry(dn, ("objectClass", *self._attributes, *self._group_attributes()))
                    if entry is None:
                        continue  # a member that was deleted
                    if self._is_group(entry):
                        waiting += self._unless_known(entry, groups)
                    else:
                        yield (entry,)
            if self._preset.member_name_attribute:
                listed = _values(group, self._preset.member_name_attribute)
                names.update(dict.fromkeys(value.decode("utf-8", "replace") for value in listed))
        async for page in self._named_members(list(names)):
            yield page

    def _is_group(self, entry: SearchResultEntry) -> bool:
        classes = {value.decode("ascii", "replace").lower() for value in _values(entry, "objectClass")}
        return bool(classes & self._preset.group_classes)

    def _unless_known(self, entry: SearchResultEntry, groups: dict[str, SearchResultEntry]) -> list[SearchResultEntry]:
        key = parse_name(entry.object_name).key
        if key in groups or len(groups) >= _MAX_GROUPS:
            return []
        groups[key] = entry
        return [entry]

    async def _named_members(self, names: Sequence[str]) -> AsyncIterator[Sequence[SearchResultEntry]]:
        for chunk in _chunks(names):
            condition = Or(tuple(EqualityMatch("uid", name.encode()) for name in chunk))
            people = And((self._preset.people, condition))
            async for page in self._search(self._reader.base_dn, Scope.WHOLE_SUBTREE, people):
                yield page

    # Single entries ---------------------------------------------------------------------------------------------------

    async def _person(self, name: str) -> SearchResultEntry | None:
        """Return the one person of that name; none or several are reported and left out."""
        if "=" in name:
            entry = await self._entry(name, self._attributes)
            found = [] if entry is None else [entry]
        else:
            user = name.rpartition("\\")[2].encode()
            attributes = dict.fromkeys((*self._reader.username_attributes, "userPrincipalName", "mail"))
            condition = And((self._preset.people, Or(tuple(EqualityMatch(each, user) for each in attributes))))
            found = []
            async for page in self._search(self._reader.base_dn, Scope.WHOLE_SUBTREE, condition):
                found.extend(page[:2])
        if len(found) == 1:
            return found[0]
        log.warning(
            "a user to synchronize is not one person of the directory",
            user=name,
            entries=len(found),
            hint="spec.select.users must name one person each",
        )
        return None

    async def _entry(self, dn: str, attributes: Sequence[str]) -> SearchResultEntry | None:
        """Return one entry by its DN; None when there is none."""
        try:
            parse_name(dn)
            request = SearchRequest(dn, Scope.BASE_OBJECT, _ANYTHING, tuple(dict.fromkeys(attributes)))
            async for page in self._session.pages(request):
                for entry in page:
                    return entry
        except DistinguishedNameError:
            return None
        except DirectoryUnavailableError as error:
            if getattr(error, "result_code", None) != _NO_SUCH_OBJECT:
                raise
        return None


def _member_of(group: SearchResultEntry) -> Filter:
    return EqualityMatch("memberOf", group.object_name.encode())


def _values(entry: SearchResultEntry, attribute: str) -> tuple[bytes, ...]:
    wanted = attribute.lower()
    for each in entry.attributes:
        if each.description.lower() == wanted:
            return each.values
    return ()


def _chunks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
