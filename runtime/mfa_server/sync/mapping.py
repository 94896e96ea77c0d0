"""From a directory entry's attributes to a user's fields: decisions only."""

from collections.abc import Sequence
from dataclasses import dataclass

from mfa_resources.v1alpha1.sync_source import UserSyncSourceSpec
from mfa_server.ldap import SearchResultEntry
from mfa_server.store.sync_records import DirectoryUser
from mfa_server.sync.phones import Phone, normalise_phone

__all__ = ["EntryIdentity", "MappedEntry", "map_entry", "mapped_attributes"]

_LONGEST_TEXT = 256


@dataclass(frozen=True, slots=True)
class EntryIdentity:
    """Who an entry is, as the directory's reader tells."""

    user_id: str
    username: str
    upn: str = ""


@dataclass(frozen=True, slots=True)
class MappedEntry:
    """A user, and the attributes whose numbers could not be used (without the numbers: they are in the directory)."""

    user: DirectoryUser
    rejected: tuple[str, ...] = ()


def mapped_attributes(spec: UserSyncSourceSpec) -> tuple[str, ...]:
    """Return every attribute that a source's map mentions."""
    names = spec.attributes
    lists = (
        names.phone,
        names.backup_phone,
        names.extension,
        names.email,
        names.given_name,
        names.surname,
        names.display_name,
        names.language,
        names.user_group,
    )
    return tuple(dict.fromkeys(attribute for each in lists for attribute in each))


def map_entry(entry: SearchResultEntry, identity: EntryIdentity, spec: UserSyncSourceSpec) -> MappedEntry:
    """Fill a user's fields: for each the first attribute of its list with a usable value, else the source's default."""
    values = _Values(entry)
    names, defaults = spec.attributes, spec.defaults
    phone, rejected = _first_phone(values, names.phone, spec.phone.default_region)
    backup, also_rejected = _first_phone(values, names.backup_phone, spec.phone.default_region)
    user = DirectoryUser(
        user_id=identity.user_id,
        username=identity.username,
        dn=entry.object_name,
        upn=identity.upn,
        display_name=values.first(names.display_name),
        given_name=values.first(names.given_name),
        surname=values.first(names.surname),
        email=values.first(names.email),
        phone=phone.number if phone else "",
        backup_phone=backup.number if backup else "",
        extension=values.first(names.extension) or (phone.extension if phone else ""),
        language=values.first(names.language) or defaults.language or "",
        user_group=values.first(names.user_group) or defaults.user_group or "",
        method=defaults.method or "",
        text_message_mode=defaults.text_message_mode or "",
        pin_mode=defaults.pin_mode,
        enabled=defaults.enabled,
    )
    return MappedEntry(user, rejected + also_rejected)


class _Values:
    """An entry's values as text, attribute names compared without case and without options."""

    def __init__(self, entry: SearchResultEntry) -> None:
        self._texts: dict[str, list[str]] = {}
        for attribute in entry.attributes:
            texts = self._texts.setdefault(attribute.description.partition(";")[0].lower(), [])
            texts.extend(text for text in map(_text, attribute.values) if text)

    def all(self, attribute: str) -> list[str]:
        return self._texts.get(attribute.lower(), [])

    def first(self, attributes: Sequence[str]) -> str:
        for attribute in attributes:
            for text in self.all(attribute):
                return text[:_LONGEST_TEXT]
        return ""


def _text(value: bytes) -> str:
    try:
        text = value.decode("utf-8").strip()
    except UnicodeDecodeError:
        return ""
    return text if "\x00" not in text else ""


def _first_phone(
    values: _Values, attributes: Sequence[str], region: str | None
) -> tuple[Phone | None, tuple[str, ...]]:
    """Return the first usable number, and the attributes before it that hold something else."""
    rejected: list[str] = []
    with_extension: Phone | None = None
    for attribute in attributes:
        for text in values.all(attribute):
            phone = normalise_phone(text, region)
            if phone is None:
                rejected.append(attribute)
            elif not phone.extension:
                return phone, tuple(dict.fromkeys(rejected))
            else:
                with_extension = with_extension or phone
    return with_extension, tuple(dict.fromkeys(rejected))
