"""Messages as bytes and back: the envelope, the controls, and the table of operations.

Only what the product decides by is decoded on the hot path: binds fully, searches when a policy asks. Everything here
works on complete messages and is strict: each element ends inside its parent and nothing is left over.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from mfa_server.ldap import codec_bind, codec_search, codec_update
from mfa_server.ldap.ber import BOOLEAN, SEQUENCE, Reader, encode_boolean, encode_element, encode_octets
from mfa_server.ldap.codec_result import encode_result, result_decoder
from mfa_server.ldap.errors import ProtocolViolation
from mfa_server.ldap.framing import encode_message_bytes, parse_frame
from mfa_server.ldap.messages import (
    AbandonRequest,
    AddRequest,
    AddResponse,
    BindRequest,
    BindResponse,
    CompareRequest,
    CompareResponse,
    Control,
    DelRequest,
    DelResponse,
    ExtendedRequest,
    ExtendedResponse,
    IntermediateResponse,
    LDAPMessage,
    ModifyDNRequest,
    ModifyDNResponse,
    ModifyRequest,
    ModifyResponse,
    Operation,
    RawOperation,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    SearchResultReference,
    UnbindRequest,
)
from mfa_server.ldap.tags import Tag

__all__ = [
    "MAX_CONTROLS",
    "decode_controls",
    "decode_message",
    "decode_operation",
    "encode_controls",
    "encode_message",
    "encode_operation",
]

MAX_CONTROLS: Final = 32
"""Controls of one message; clients send 1 or 2."""

_CONTROLS = 0xA0


def decode_message(data: bytes) -> LDAPMessage:
    """Decode one complete message. Raises `ProtocolViolation` for anything else."""
    frame = parse_frame(data)
    operation = decode_operation(frame.tag, frame.content)
    return LDAPMessage(frame.message_id, operation, decode_controls(frame.controls))


def encode_message(message: LDAPMessage) -> bytes:
    """Encode a message.

    Raises `LocalMisuse` for a filter without a legal encoding and `ValueError` for a number outside 0..2**31-1.
    """
    content = encode_operation(message.operation) + encode_controls(message.controls)
    return encode_message_bytes(message.message_id, content)


def decode_controls(data: bytes) -> tuple[Control, ...]:
    """Decode the controls of a message as `Frame.controls` has them: one element, or nothing at all.

    Raises `ProtocolViolation` when they are malformed or more than `MAX_CONTROLS`.
    """
    if not data:
        return ()
    outer = Reader(data, 0, len(data))
    reader = outer.enter(_CONTROLS)
    outer.finish()
    controls: list[Control] = []
    while reader:
        if len(controls) == MAX_CONTROLS:
            raise ProtocolViolation(f"more than {MAX_CONTROLS} controls")
        part = reader.enter(SEQUENCE)
        control_type = codec_update.decode_oid(part.octets())
        criticality = part.boolean() if part.next_tag() == BOOLEAN else False
        value = part.octets() if part else None
        part.finish()
        controls.append(Control(control_type, criticality, value))
    return tuple(controls)


def encode_controls(controls: Sequence[Control]) -> bytes:
    """Encode controls as the end of a message; nothing for none."""
    if not controls:
        return b""
    encoded: list[bytes] = []
    for control in controls:
        content = encode_octets(control.control_type.encode("ascii"))
        if control.criticality:  # DEFAULT FALSE is not encoded (RFC 4511 section 5.1)
            content += encode_boolean(True)
        if control.value is not None:
            content += encode_octets(control.value)
        encoded.append(encode_element(SEQUENCE, content))
    return encode_element(_CONTROLS, b"".join(encoded))


def decode_operation(tag: int, content: bytes) -> Operation:
    """Decode an operation's content; a tag RFC 4511 does not assign gives a `RawOperation`.

    Raises `ProtocolViolation` when the content is not what RFC 4511 defines for the tag.
    """
    decoder = _DECODERS.get(tag)
    return RawOperation(tag, content) if decoder is None else decoder(content)


def encode_operation(operation: Operation) -> bytes:
    """Encode an operation as an element: tag, length, content. Raises as `encode_message` does."""
    return _ENCODERS[type(operation)](operation)


def _encode_raw(operation: RawOperation) -> bytes:
    return encode_element(operation.tag, operation.content)


_DECODERS: Final[dict[int, Callable[[bytes], Operation]]] = {
    Tag.BIND_REQUEST: codec_bind.decode_bind_request,
    Tag.BIND_RESPONSE: codec_bind.decode_bind_response,
    Tag.UNBIND_REQUEST: codec_bind.decode_unbind_request,
    Tag.SEARCH_REQUEST: codec_search.decode_search_request,
    Tag.SEARCH_RESULT_ENTRY: codec_search.decode_search_result_entry,
    Tag.SEARCH_RESULT_DONE: result_decoder(SearchResultDone),
    Tag.SEARCH_RESULT_REFERENCE: codec_search.decode_search_result_reference,
    Tag.MODIFY_REQUEST: codec_update.decode_modify_request,
    Tag.MODIFY_RESPONSE: result_decoder(ModifyResponse),
    Tag.ADD_REQUEST: codec_update.decode_add_request,
    Tag.ADD_RESPONSE: result_decoder(AddResponse),
    Tag.DEL_REQUEST: codec_update.decode_del_request,
    Tag.DEL_RESPONSE: result_decoder(DelResponse),
    Tag.MODIFY_DN_REQUEST: codec_update.decode_modify_dn_request,
    Tag.MODIFY_DN_RESPONSE: result_decoder(ModifyDNResponse),
    Tag.COMPARE_REQUEST: codec_update.decode_compare_request,
    Tag.COMPARE_RESPONSE: result_decoder(CompareResponse),
    Tag.ABANDON_REQUEST: codec_bind.decode_abandon_request,
    Tag.EXTENDED_REQUEST: codec_update.decode_extended_request,
    Tag.EXTENDED_RESPONSE: codec_update.decode_extended_response,
    Tag.INTERMEDIATE_RESPONSE: codec_update.decode_intermediate_response,
}

# The argument's type follows from the key, which a dict's type cannot say.
_ENCODERS: Final[dict[type[Operation], Callable[[Any], bytes]]] = {
    BindRequest: codec_bind.encode_bind_request,
    BindResponse: codec_bind.encode_bind_response,
    UnbindRequest: codec_bind.encode_unbind_request,
    SearchRequest: codec_search.encode_search_request,
    SearchResultEntry: codec_search.encode_search_result_entry,
    SearchResultDone: lambda done: encode_element(Tag.SEARCH_RESULT_DONE, encode_result(done.result)),
    SearchResultReference: codec_search.encode_search_result_reference,
    ModifyRequest: codec_update.encode_modify_request,
    ModifyResponse: lambda done: encode_element(Tag.MODIFY_RESPONSE, encode_result(done.result)),
    AddRequest: codec_update.encode_add_request,
    AddResponse: lambda done: encode_element(Tag.ADD_RESPONSE, encode_result(done.result)),
    DelRequest: codec_update.encode_del_request,
    DelResponse: lambda done: encode_element(Tag.DEL_RESPONSE, encode_result(done.result)),
    ModifyDNRequest: codec_update.encode_modify_dn_request,
    ModifyDNResponse: lambda done: encode_element(Tag.MODIFY_DN_RESPONSE, encode_result(done.result)),
    CompareRequest: codec_update.encode_compare_request,
    CompareResponse: lambda done: encode_element(Tag.COMPARE_RESPONSE, encode_result(done.result)),
    AbandonRequest: codec_bind.encode_abandon_request,
    ExtendedRequest: codec_update.encode_extended_request,
    ExtendedResponse: codec_update.encode_extended_response,
    IntermediateResponse: codec_update.encode_intermediate_response,
    RawOperation: _encode_raw,
}
