import pytest

from mfa_server.ldap.codec_bind import (
    decode_abandon_request,
    decode_bind_request,
    decode_bind_response,
    decode_unbind_request,
    encode_abandon_request,
    encode_bind_request,
    encode_bind_response,
    encode_unbind_request,
)
from mfa_server.ldap.errors import ProtocolViolation
from mfa_server.ldap.messages import (
    AbandonRequest,
    BindRequest,
    BindResponse,
    LDAPResult,
    OtherAuthentication,
    SaslCredentials,
    SimpleAuthentication,
    UnbindRequest,
)


@pytest.mark.parametrize(
    ("content", "request_"),
    [
        ("02 01 03 04 00 80 00", BindRequest(3, "", SimpleAuthentication(b""))),
        ("02 01 03 04 02 63 6e 80 02 70 77", BindRequest(3, "cn", SimpleAuthentication(b"pw"))),
        ("02 01 02 04 00 80 00", BindRequest(2, "", SimpleAuthentication(b""))),
        ("02 01 03 04 00 a3 03 04 01 58", BindRequest(3, "", SaslCredentials("X"))),
        ("02 01 03 04 00 a3 05 04 01 58 04 00", BindRequest(3, "", SaslCredentials("X", b""))),
        ("02 01 03 04 00 89 00", BindRequest(3, "", OtherAuthentication(0x89, b""))),
    ],
)
def test_a_bind_is_decoded_fully(content, request_):
    assert decode_bind_request(bytes.fromhex(content)) == request_
    assert encode_bind_request(request_)[2:] == bytes.fromhex(content)


def test_a_password_keeps_every_octet():
    password = bytes(range(256))
    request = BindRequest(3, "cn=x", SimpleAuthentication(password))
    encoded = encode_bind_request(request)
    assert decode_bind_request(encoded[4:]) == request


def test_a_name_that_is_not_utf_8_is_answered_rather_than_cut_off():
    assert decode_bind_request(bytes.fromhex("02 01 03 04 01 fc 80 00")).name == "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("content", ["02 01 03 04 00 80 00 04 00", "02 02 01 03 04 00 80 00", "02 01 03 04 00"])
def test_a_bind_with_less_or_more_is_refused(content):
    with pytest.raises(ProtocolViolation):
        decode_bind_request(bytes.fromhex(content))


def test_a_bind_response_carries_credentials_of_its_own():
    response = BindResponse(LDAPResult(14, "", "go on", ("ldap://x/",)), b"challenge")
    encoded = encode_bind_response(response)
    assert decode_bind_response(encoded[2:]) == response


def test_unbind_is_empty():
    assert encode_unbind_request(UnbindRequest()) == b"\x42\x00"
    assert decode_unbind_request(b"") == UnbindRequest()
    with pytest.raises(ProtocolViolation):
        decode_unbind_request(b"\x00")


def test_abandon_is_a_number():
    assert encode_abandon_request(AbandonRequest(1 << 24)) == bytes.fromhex("50 04 01 00 00 00")
    assert decode_abandon_request(b"\x01\x00\x00\x00") == AbandonRequest(1 << 24)
    with pytest.raises(ProtocolViolation):
        decode_abandon_request(b"")
