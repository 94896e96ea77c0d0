import pytest

from mfa_server.ldap.ber import Reader
from mfa_server.ldap.codec_result import decode_result, encode_result, result_decoder
from mfa_server.ldap.errors import ProtocolViolation
from mfa_server.ldap.messages import LDAPResult, ModifyResponse

_AD = "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 52e, v3839\x00"


@pytest.mark.parametrize(
    "result",
    [
        LDAPResult(0),
        LDAPResult(49, "", _AD),
        LDAPResult(10, "", "", ("ldap://a/", "ldap://b/")),
        LDAPResult(32, "dc=example,dc=com"),
        LDAPResult(127),
        LDAPResult(4096),
    ],
)
def test_a_result_survives_the_wire_known_code_or_not(result):
    encoded = encode_result(result)
    reader = Reader(encoded, 0, len(encoded))
    assert decode_result(reader) == result
    reader.finish()


def test_text_that_is_not_utf_8_does_not_cost_the_answer():
    encoded = bytes.fromhex("0a 01 31 04 00 04 01 fc")
    assert decode_result(Reader(encoded, 0, len(encoded))) == LDAPResult(49, "", "\N{REPLACEMENT CHARACTER}")


def test_a_plain_response_holds_nothing_after_its_result():
    decode = result_decoder(ModifyResponse)
    assert decode(encode_result(LDAPResult(0))) == ModifyResponse(LDAPResult(0))
    with pytest.raises(ProtocolViolation):
        decode(encode_result(LDAPResult(0)) + b"\x04\x00")
