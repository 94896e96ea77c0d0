"""LDIF content records (RFC 2849) as values, as far as demonstrations and tests write them.

Read: comments, folded lines, base64 values, ``version: 1``. Refused with the line: change records and values from URLs,
since this is data and nothing that acts.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass

from mfa_server.errors import MfaError

__all__ = ["LdifEntry", "LdifError", "parse_ldif"]


class LdifError(MfaError):
    """A text is not LDIF as it is read here."""

    code = "ldif"


@dataclass(frozen=True, slots=True)
class LdifEntry:
    """One record. Attribute names keep the spelling of their first line; values keep their order."""

    dn: str
    attributes: dict[str, tuple[bytes, ...]]


def parse_ldif(text: str) -> tuple[LdifEntry, ...]:
    """Return the records of a text in their order. Raises LdifError with the line."""
    entries: list[LdifEntry] = []
    record: list[tuple[int, str, bytes]] = []
    for number, line in _logical_lines(text):
        if line:
            record.append((number, *_pair(number, line)))
        elif record:
            entries.extend(_entry(record))
            record = []
    if record:
        entries.extend(_entry(record))
    return tuple(entries)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield unfolded lines with the number of their first one; a comment is left out with its continuations."""
    start, pending = 0, ""
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.startswith(" "):
            if not pending:
                raise LdifError(f"line {number}: a continuation of nothing", hint="remove the blank in front")
            pending += line[1:]
            continue
        if pending and not pending.startswith("#"):
            yield start, pending
        start, pending = number, line
        if not line:
            yield number, ""


def _pair(number: int, line: str) -> tuple[str, bytes]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise LdifError(f"line {number}: no attribute and colon", hint="write attribute: value")
    if value.startswith("<"):
        raise LdifError(f"line {number}: values from URLs are not read", hint="write the value, or :: and its base64")
    if not value.startswith(":"):
        return name.strip(), value.strip(" ").encode()
    try:
        return name.strip(), base64.b64decode(value[1:].strip(" "), validate=True)
    except binascii.Error:
        raise LdifError(f"line {number}: the value is not base64", hint="one colon is for plain text") from None


def _entry(record: list[tuple[int, str, bytes]]) -> Iterator[LdifEntry]:
    number, name, value = record[0]
    if name.lower() == "version":
        if value != b"1":
            raise LdifError(f"line {number}: LDIF version {value.decode(errors='replace')} is not known")
        record = record[1:]
        if not record:
            return
        number, name, value = record[0]
    if name.lower() != "dn":
        raise LdifError(
            f"line {number}: a record starts with {name!r}", hint="its first line is dn: and the entry's name"
        )
    spelling: dict[str, str] = {}
    attributes: dict[str, list[bytes]] = {}
    for line, attribute, each in record[1:]:
        if attribute.lower() == "changetype":
            raise LdifError(f"line {line}: change records are not read", hint="write the entries as they shall be")
        attributes.setdefault(spelling.setdefault(attribute.lower(), attribute), []).append(each)
    yield LdifEntry(value.decode("utf-8", "replace"), {key: tuple(values) for key, values in attributes.items()})
