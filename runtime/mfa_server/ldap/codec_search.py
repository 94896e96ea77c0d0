"""Search and its results as bytes and back (RFC 4511 section 4.5)."""

import re

from mfa_server.ldap.ber import (
    BOOLEAN,
    ENUMERATED,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    Reader,
    encode_boolean,
    encode_element,
    encode_integer,
    encode_octets,
    read_element,
    read_integer,
)
from mfa_server.ldap.errors import ProtocolViolation
from mfa_server.ldap.filters import MAX_FILTER_DEPTH, check_filter, decode_filter, encode_filter
from mfa_server.ldap.messages import Attribute, SearchRequest, SearchResultEntry, SearchResultReference
from mfa_server.ldap.tags import Tag

__all__ = [
    "check_search_request",
    "decode_attribute",
    "decode_attributes",
    "decode_search_request",
    "decode_search_result_entry",
    "decode_search_result_reference",
    "encode_attribute",
    "encode_attributes",
    "encode_search_request",
    "encode_search_result_entry",
    "encode_search_result_reference",
    "entry_dn",
]

_FIELDS = (ENUMERATED, ENUMERATED, INTEGER, INTEGER, BOOLEAN)

# Scope, derefAliases, sizeLimit, timeLimit and typesOnly as nearly everybody spells them: looked at in one step
_USUAL_FIELDS = re.compile(
    rb"(?:\x0a\x01[\x00-\x7f]){2}(?:\x02(?:\x01[\x00-\x7f]|\x02[\x00-\x7f].|\x03[\x00-\x7f]..)){2}\x01\x01.", re.DOTALL
)


def check_search_request(
    content: bytes, position: int, end: int, *, depth: int = MAX_FILTER_DEPTH
) -> tuple[bytes, int]:
    """Check the structure of a SearchRequest that is passed on undecoded: its base object and its scope.

    Raises `ProtocolViolation` unless every field has its tag and ends where the next begins, the filter nests no
    deeper than `depth` and nothing follows the attribute list. Builds nothing but the result.
    """
    tag, base_start, base_stop = read_element(content, position, end)
    if tag != OCTET_STRING:
        raise ProtocolViolation("a SearchRequest starts with its base object")
    usual = _USUAL_FIELDS.match(content, base_stop, end)
    if usual is None:
        scope, position = _check_fields(content, base_stop, end)
    else:
        scope, position = content[base_stop + 2], usual.end()
    position = check_filter(content, position, end, depth=depth)
    tag, start, stop = read_element(content, position, end)
    if tag != SEQUENCE or stop != end:
        raise ProtocolViolation("a SearchRequest ends with its attribute list")
    while start < stop:
        tag, _, start = read_element(content, start, stop)
        if tag != OCTET_STRING:
            raise ProtocolViolation("an attribute list holds attribute descriptions")
    return content[base_start:base_stop], scope


def _check_fields(content: bytes, position: int, end: int) -> tuple[int, int]:
    """Check the fields between base object and filter, however they are spelt: the scope and where they stop."""
    numbers: list[int] = []
    for due in _FIELDS:
        tag, start, position = read_element(content, position, end)
        if tag != due:
            raise ProtocolViolation(f"octet {start}: tag {tag:#04x} in a SearchRequest where {due:#04x} is due")
        if due != BOOLEAN:
            numbers.append(read_integer(content, start, position))
        elif position - start != 1:
            raise ProtocolViolation("a BOOLEAN is one octet")
    return numbers[0], position


def decode_search_request(content: bytes) -> SearchRequest:
    """Decode a SearchRequest fully. Raises `ProtocolViolation`."""
    reader = Reader(content, 0, len(content))
    base_object = reader.text()
    scope = reader.integer(ENUMERATED)
    deref_aliases = reader.integer(ENUMERATED)
    size_limit = reader.integer()
    time_limit = reader.integer()
    types_only = reader.boolean()
    search_filter, position = decode_filter(content, reader.position, len(content))
    reader = Reader(content, position, len(content))
    selection = reader.enter(SEQUENCE)
    reader.finish()
    attributes: list[str] = []
    while selection:
        attributes.append(selection.text())
    return SearchRequest(
        base_object, scope, search_filter, tuple(attributes), deref_aliases, size_limit, time_limit, types_only
    )


def encode_search_request(operation: SearchRequest) -> bytes:
    """Encode a SearchRequest. Raises `LocalMisuse` for a filter without a legal encoding."""
    content = b"".join(
        (
            encode_octets(operation.base_object.encode()),
            encode_integer(operation.scope, ENUMERATED),
            encode_integer(operation.deref_aliases, ENUMERATED),
            encode_integer(operation.size_limit),
            encode_integer(operation.time_limit_seconds),
            encode_boolean(operation.types_only),
            encode_filter(operation.filter),
            encode_element(SEQUENCE, b"".join([encode_octets(name.encode()) for name in operation.attributes])),
        )
    )
    return encode_element(Tag.SEARCH_REQUEST, content)


def entry_dn(operation: bytes) -> bytes:
    """The objectName of an encoded SearchResultEntry, reading nothing else of it.

    Raises `ProtocolViolation` for another operation. For a `Frame`, pass `frame.operation`.
    """
    tag, start, stop = read_element(operation, 0, len(operation))
    if tag != Tag.SEARCH_RESULT_ENTRY:
        raise ProtocolViolation(f"tag {tag:#04x} is no SearchResultEntry")
    tag, start, stop = read_element(operation, start, stop)
    if tag != OCTET_STRING:
        raise ProtocolViolation("a SearchResultEntry starts with its name")
    return operation[start:stop]


def decode_search_result_entry(content: bytes) -> SearchResultEntry:
    """Decode an entry. Raises `ProtocolViolation`."""
    reader = Reader(content, 0, len(content))
    object_name = reader.text()
    attributes = decode_attributes(reader)
    reader.finish()
    return SearchResultEntry(object_name, attributes)


def encode_search_result_entry(operation: SearchResultEntry) -> bytes:
    """Encode an entry."""
    content = encode_octets(operation.object_name.encode()) + encode_attributes(operation.attributes)
    return encode_element(Tag.SEARCH_RESULT_ENTRY, content)


def decode_search_result_reference(content: bytes) -> SearchResultReference:
    """Decode the URIs of a search continuation. Raises `ProtocolViolation`."""
    reader = Reader(content, 0, len(content))
    uris: list[str] = []
    while reader:
        uris.append(reader.text())
    return SearchResultReference(tuple(uris))


def encode_search_result_reference(operation: SearchResultReference) -> bytes:
    """Encode the URIs of a search continuation."""
    content = b"".join([encode_octets(uri.encode()) for uri in operation.uris])
    return encode_element(Tag.SEARCH_RESULT_REFERENCE, content)


def decode_attribute(reader: Reader) -> Attribute:
    """Decode the next PartialAttribute (RFC 4511 section 4.1.7). Raises `ProtocolViolation`."""
    part = reader.enter(SEQUENCE)
    description = part.text()
    value_set = part.enter(SET)
    part.finish()
    values: list[bytes] = []
    while value_set:
        values.append(value_set.octets())
    return Attribute(description, tuple(values))


def decode_attributes(reader: Reader) -> tuple[Attribute, ...]:
    """Decode the next list of attributes. Raises `ProtocolViolation`."""
    attribute_list = reader.enter(SEQUENCE)
    attributes: list[Attribute] = []
    while attribute_list:
        attributes.append(decode_attribute(attribute_list))
    return tuple(attributes)


def encode_attribute(attribute: Attribute) -> bytes:
    """Encode one PartialAttribute."""
    values = encode_element(SET, b"".join([encode_octets(value) for value in attribute.values]))
    return encode_element(SEQUENCE, encode_octets(attribute.description.encode()) + values)


def encode_attributes(attributes: tuple[Attribute, ...]) -> bytes:
    """Encode a list of attributes."""
    return encode_element(SEQUENCE, b"".join([encode_attribute(attribute) for attribute in attributes]))
