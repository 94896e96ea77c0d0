"""The operations beside bind and search as bytes and back (RFC 4511 sections 4.6 to 4.10, 4.12 and 4.13)."""

from mfa_server.ldap.ber import (
    ENUMERATED,
    SEQUENCE,
    Reader,
    encode_boolean,
    encode_element,
    encode_integer,
    encode_octets,
)
from mfa_server.ldap.codec_result import decode_result, encode_result
from mfa_server.ldap.codec_search import decode_attribute, decode_attributes, encode_attribute, encode_attributes
from mfa_server.ldap.errors import ProtocolViolation
from mfa_server.ldap.messages import (
    AddRequest,
    Change,
    CompareRequest,
    DelRequest,
    ExtendedRequest,
    ExtendedResponse,
    IntermediateResponse,
    ModifyDNRequest,
    ModifyRequest,
)
from mfa_server.ldap.tags import Tag

__all__ = [
    "decode_add_request",
    "decode_compare_request",
    "decode_del_request",
    "decode_extended_request",
    "decode_extended_response",
    "decode_intermediate_response",
    "decode_modify_dn_request",
    "decode_modify_request",
    "decode_oid",
    "encode_add_request",
    "encode_compare_request",
    "encode_del_request",
    "encode_extended_request",
    "encode_extended_response",
    "encode_intermediate_response",
    "encode_modify_dn_request",
    "encode_modify_request",
]

_NEW_SUPERIOR = 0x80
_REQUEST_NAME, _REQUEST_VALUE = 0x80, 0x81
_RESPONSE_NAME, _RESPONSE_VALUE = 0x8A, 0x8B
_INTERMEDIATE_NAME, _INTERMEDIATE_VALUE = 0x80, 0x81


def decode_oid(octets: bytes) -> str:
    """An LDAPOID (RFC 4511 section 4.1.2): digits and dots. Raises `ProtocolViolation`."""
    if not octets or octets.strip(b"0123456789."):
        raise ProtocolViolation("an object identifier is digits and dots")
    return octets.decode("ascii")


def _reader(content: bytes) -> Reader:
    return Reader(content, 0, len(content))


def decode_modify_request(content: bytes) -> ModifyRequest:
    """Decode a ModifyRequest. Raises `ProtocolViolation`."""
    reader = _reader(content)
    entry = reader.text()
    change_list = reader.enter(SEQUENCE)
    reader.finish()
    changes: list[Change] = []
    while change_list:
        part = change_list.enter(SEQUENCE)
        operation = part.integer(ENUMERATED)
        changes.append(Change(operation, decode_attribute(part)))
        part.finish()
    return ModifyRequest(entry, tuple(changes))


def encode_modify_request(operation: ModifyRequest) -> bytes:
    """Encode a ModifyRequest."""
    changes = [
        encode_element(SEQUENCE, encode_integer(change.operation, ENUMERATED) + encode_attribute(change.modification))
        for change in operation.changes
    ]
    content = encode_octets(operation.object.encode()) + encode_element(SEQUENCE, b"".join(changes))
    return encode_element(Tag.MODIFY_REQUEST, content)


def decode_add_request(content: bytes) -> AddRequest:
    """Decode an AddRequest. Raises `ProtocolViolation`."""
    reader = _reader(content)
    entry = reader.text()
    attributes = decode_attributes(reader)
    reader.finish()
    return AddRequest(entry, attributes)


def encode_add_request(operation: AddRequest) -> bytes:
    """Encode an AddRequest."""
    content = encode_octets(operation.entry.encode()) + encode_attributes(operation.attributes)
    return encode_element(Tag.ADD_REQUEST, content)


def decode_del_request(content: bytes) -> DelRequest:
    """Decode a DelRequest, whose content is the name itself. Raises `ProtocolViolation`."""
    try:
        return DelRequest(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise ProtocolViolation("the name in a DelRequest is not UTF-8") from None


def encode_del_request(operation: DelRequest) -> bytes:
    """Encode a DelRequest."""
    return encode_octets(operation.entry.encode(), Tag.DEL_REQUEST)


def decode_modify_dn_request(content: bytes) -> ModifyDNRequest:
    """Decode a ModifyDNRequest. Raises `ProtocolViolation`."""
    reader = _reader(content)
    entry = reader.text()
    new_rdn = reader.text()
    delete_old_rdn = reader.boolean()
    new_superior = reader.text(_NEW_SUPERIOR) if reader else None
    reader.finish()
    return ModifyDNRequest(entry, new_rdn, delete_old_rdn, new_superior)


def encode_modify_dn_request(operation: ModifyDNRequest) -> bytes:
    """Encode a ModifyDNRequest."""
    content = encode_octets(operation.entry.encode()) + encode_octets(operation.new_rdn.encode())
    content += encode_boolean(operation.delete_old_rdn)
    if operation.new_superior is not None:
        content += encode_octets(operation.new_superior.encode(), _NEW_SUPERIOR)
    return encode_element(Tag.MODIFY_DN_REQUEST, content)


def decode_compare_request(content: bytes) -> CompareRequest:
    """Decode a CompareRequest. Raises `ProtocolViolation`."""
    reader = _reader(content)
    entry = reader.text()
    assertion = reader.enter(SEQUENCE)
    reader.finish()
    attribute = assertion.text()
    value = assertion.octets()
    assertion.finish()
    return CompareRequest(entry, attribute, value)


def encode_compare_request(operation: CompareRequest) -> bytes:
    """Encode a CompareRequest."""
    assertion = encode_octets(operation.attribute.encode()) + encode_octets(operation.assertion_value)
    content = encode_octets(operation.entry.encode()) + encode_element(SEQUENCE, assertion)
    return encode_element(Tag.COMPARE_REQUEST, content)


def decode_extended_request(content: bytes) -> ExtendedRequest:
    """Decode an ExtendedRequest. Raises `ProtocolViolation`."""
    reader = _reader(content)
    name = decode_oid(reader.octets(_REQUEST_NAME))
    value = reader.octets(_REQUEST_VALUE) if reader else None
    reader.finish()
    return ExtendedRequest(name, value)


def encode_extended_request(operation: ExtendedRequest) -> bytes:
    """Encode an ExtendedRequest."""
    content = encode_octets(operation.request_name.encode("ascii"), _REQUEST_NAME)
    if operation.request_value is not None:
        content += encode_octets(operation.request_value, _REQUEST_VALUE)
    return encode_element(Tag.EXTENDED_REQUEST, content)


def decode_extended_response(content: bytes) -> ExtendedResponse:
    """Decode an ExtendedResponse. Raises `ProtocolViolation`."""
    reader = _reader(content)
    result = decode_result(reader)
    name = decode_oid(reader.octets(_RESPONSE_NAME)) if reader.next_tag() == _RESPONSE_NAME else None
    value = reader.octets(_RESPONSE_VALUE) if reader else None
    reader.finish()
    return ExtendedResponse(result, name, value)


def encode_extended_response(operation: ExtendedResponse) -> bytes:
    """Encode an ExtendedResponse."""
    content = encode_result(operation.result)
    if operation.response_name is not None:
        content += encode_octets(operation.response_name.encode("ascii"), _RESPONSE_NAME)
    if operation.response_value is not None:
        content += encode_octets(operation.response_value, _RESPONSE_VALUE)
    return encode_element(Tag.EXTENDED_RESPONSE, content)


def decode_intermediate_response(content: bytes) -> IntermediateResponse:
    """Decode an IntermediateResponse. Raises `ProtocolViolation`."""
    reader = _reader(content)
    name = decode_oid(reader.octets(_INTERMEDIATE_NAME)) if reader.next_tag() == _INTERMEDIATE_NAME else None
    value = reader.octets(_INTERMEDIATE_VALUE) if reader else None
    reader.finish()
    return IntermediateResponse(name, value)


def encode_intermediate_response(operation: IntermediateResponse) -> bytes:
    """Encode an IntermediateResponse."""
    content = b""
    if operation.response_name is not None:
        content = encode_octets(operation.response_name.encode("ascii"), _INTERMEDIATE_NAME)
    if operation.response_value is not None:
        content += encode_octets(operation.response_value, _INTERMEDIATE_VALUE)
    return encode_element(Tag.INTERMEDIATE_RESPONSE, content)
