"""Bind, unbind and abandon as bytes and back (RFC 4511 sections 4.2, 4.3 and 4.11)."""

from mfa_server.ldap.ber import (
    INTEGER,
    OCTET_STRING,
    Reader,
    encode_element,
    encode_integer,
    encode_octets,
    read_element,
    read_integer,
)
from mfa_server.ldap.codec_result import decode_result, encode_result, short_result_code
from mfa_server.ldap.errors import ProtocolViolation
from mfa_server.ldap.messages import (
    AbandonRequest,
    Authentication,
    BindRequest,
    BindResponse,
    LDAPResult,
    OtherAuthentication,
    SaslCredentials,
    SimpleAuthentication,
    UnbindRequest,
)
from mfa_server.ldap.tags import Tag

__all__ = [
    "decode_abandon_request",
    "decode_bind_request",
    "decode_bind_response",
    "decode_unbind_request",
    "encode_abandon_request",
    "encode_bind_request",
    "encode_bind_response",
    "encode_unbind_request",
]

_VERSION_3 = b"\x02\x01\x03"
_SIMPLE = 0x80
_SASL = 0xA3
_SERVER_SASL_CREDS = 0x87


def decode_bind_request(content: bytes) -> BindRequest:
    """Decode a BindRequest; nothing may follow its authentication. Raises `ProtocolViolation`."""
    end = len(content)
    if content[:3] == _VERSION_3:
        version, stop = 3, 3
    else:
        version, stop = _decode_version(content)
    tag, start, stop = read_element(content, stop, end)
    if tag != OCTET_STRING:
        raise ProtocolViolation("a BindRequest holds a name after its version")
    name = content[start:stop].decode("utf-8", "replace")
    tag, start, stop = read_element(content, stop, end)
    if stop != end:
        raise ProtocolViolation("a BindRequest ends with its authentication; octets follow it")
    authentication: Authentication
    if tag == _SIMPLE:
        authentication = SimpleAuthentication(content[start:stop])
    elif tag == _SASL:
        authentication = _decode_sasl(Reader(content, start, stop))
    else:
        authentication = OtherAuthentication(tag, content[start:stop])
    return BindRequest(version, name, authentication)


def _decode_version(content: bytes) -> tuple[int, int]:
    """Any version but the one that is spelt as everybody spells it: the version and where it stops."""
    tag, start, stop = read_element(content, 0, len(content))
    if tag != INTEGER:
        raise ProtocolViolation("a BindRequest starts with its version")
    version = read_integer(content, start, stop)
    if version > 127:
        raise ProtocolViolation(f"LDAP version {version} is outside 1..127")
    return version, stop


def _decode_sasl(reader: Reader) -> SaslCredentials:
    mechanism = reader.text()
    credentials = reader.octets() if reader else None
    reader.finish()
    return SaslCredentials(mechanism, credentials)


def encode_bind_request(operation: BindRequest) -> bytes:
    """Encode a BindRequest."""
    authentication = operation.authentication
    if isinstance(authentication, SimpleAuthentication):
        choice = encode_octets(authentication.password, _SIMPLE)
    elif isinstance(authentication, SaslCredentials):
        content = encode_octets(authentication.mechanism.encode())
        if authentication.credentials is not None:
            content += encode_octets(authentication.credentials)
        choice = encode_element(_SASL, content)
    else:
        choice = encode_element(authentication.tag, authentication.content)
    name = encode_octets(operation.name.encode())
    return encode_element(Tag.BIND_REQUEST, encode_integer(operation.version) + name + choice)


def decode_unbind_request(content: bytes) -> UnbindRequest:
    """Decode an UnbindRequest, which is empty. Raises `ProtocolViolation`."""
    if content:
        raise ProtocolViolation("an UnbindRequest is empty")
    return UnbindRequest()


def decode_abandon_request(content: bytes) -> AbandonRequest:
    """Decode an AbandonRequest. Raises `ProtocolViolation`."""
    return AbandonRequest(read_integer(content, 0, len(content)))


def decode_bind_response(content: bytes) -> BindResponse:
    """Decode a BindResponse. Raises `ProtocolViolation`."""
    code = short_result_code(content)
    if code >= 0:
        return BindResponse(LDAPResult(code))
    reader = Reader(content, 0, len(content))
    result = decode_result(reader)
    credentials = reader.octets(_SERVER_SASL_CREDS) if reader else None
    reader.finish()
    return BindResponse(result, credentials)


def encode_bind_response(operation: BindResponse) -> bytes:
    """Encode a BindResponse."""
    content = encode_result(operation.result)
    if operation.server_sasl_creds is not None:
        content += encode_octets(operation.server_sasl_creds, _SERVER_SASL_CREDS)
    return encode_element(Tag.BIND_RESPONSE, content)


def encode_unbind_request(operation: UnbindRequest) -> bytes:
    """Encode an UnbindRequest, which is empty."""
    del operation
    return bytes((Tag.UNBIND_REQUEST, 0))


def encode_abandon_request(operation: AbandonRequest) -> bytes:
    """Encode an AbandonRequest."""
    return encode_integer(operation.message_id, Tag.ABANDON_REQUEST)
