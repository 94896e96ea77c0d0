import pytest

from mfa_server.ldap.codec_update import (
    decode_add_request,
    decode_compare_request,
    decode_del_request,
    decode_extended_request,
    decode_extended_response,
    decode_intermediate_response,
    decode_modify_dn_request,
    decode_modify_request,
    decode_oid,
    encode_add_request,
    encode_compare_request,
    encode_del_request,
    encode_extended_request,
    encode_extended_response,
    encode_intermediate_response,
    encode_modify_dn_request,
    encode_modify_request,
)
from mfa_server.ldap.errors import ProtocolViolation
from mfa_server.ldap.messages import (
    AddRequest,
    Attribute,
    Change,
    CompareRequest,
    DelRequest,
    ExtendedRequest,
    ExtendedResponse,
    IntermediateResponse,
    LDAPResult,
    ModifyDNRequest,
    ModifyOperation,
    ModifyRequest,
)

_PASSWORD_CHANGE = ModifyRequest(
    "cn=x",
    (
        Change(ModifyOperation.DELETE, Attribute("unicodePwd", (b"old",))),
        Change(ModifyOperation.ADD, Attribute("unicodePwd", (b"new",))),
    ),
)


@pytest.mark.parametrize(
    ("operation", "encode", "decode"),
    [
        (_PASSWORD_CHANGE, encode_modify_request, decode_modify_request),
        (AddRequest("cn=x", (Attribute("cn", (b"x",)),)), encode_add_request, decode_add_request),
        (DelRequest("cn=x"), encode_del_request, decode_del_request),
        (ModifyDNRequest("cn=x", "cn=y", True), encode_modify_dn_request, decode_modify_dn_request),
        (ModifyDNRequest("cn=x", "cn=y", False, ""), encode_modify_dn_request, decode_modify_dn_request),
        (CompareRequest("cn=x", "member", b"cn=y"), encode_compare_request, decode_compare_request),
        (ExtendedRequest("1.2.3"), encode_extended_request, decode_extended_request),
        (ExtendedRequest("1.2.3", b""), encode_extended_request, decode_extended_request),
        (ExtendedResponse(LDAPResult(0)), encode_extended_response, decode_extended_response),
        (ExtendedResponse(LDAPResult(0), None, b"dn:cn=x"), encode_extended_response, decode_extended_response),
        (ExtendedResponse(LDAPResult(0), "1.2.3", b""), encode_extended_response, decode_extended_response),
        (IntermediateResponse(), encode_intermediate_response, decode_intermediate_response),
        (IntermediateResponse("1.2.3", b"x"), encode_intermediate_response, decode_intermediate_response),
    ],
)
def test_an_operation_survives_the_wire_and_holds_nothing_more(operation, encode, decode):
    encoded = encode(operation)
    assert decode(encoded[2:]) == operation
    if decode is not decode_del_request:
        with pytest.raises(ProtocolViolation):
            decode(encoded[2:] + b"\x04\x00")


def test_a_delete_is_a_name():
    with pytest.raises(ProtocolViolation, match="UTF-8"):
        decode_del_request(b"\xff")


@pytest.mark.parametrize("octets", [b"", b"cn", b"1.2 ", b"\xff"])
def test_an_identifier_is_digits_and_dots(octets):
    with pytest.raises(ProtocolViolation):
        decode_oid(octets)
