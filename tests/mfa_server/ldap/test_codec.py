import contextlib

import asn1tools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.ldap.codec import (
    MAX_CONTROLS,
    decode_controls,
    decode_message,
    decode_operation,
    encode_controls,
    encode_message,
    encode_operation,
)
from mfa_server.ldap.errors import LdapError, ProtocolViolation
from mfa_server.ldap.messages import (
    Control,
    LDAPMessage,
    LDAPResult,
    OtherAuthentication,
    RawOperation,
    SearchResultDone,
    UnbindRequest,
)

from .strategies import messages
from .vectors import SCHEMA, read_vectors

_ORACLE = asn1tools.compile_files([str(SCHEMA)], "ber")


def _needs_no_oracle(message):
    """What RFC 4511's module does not define: Sicily, and version 0."""
    operation = message.operation
    return (
        isinstance(getattr(operation, "authentication", None), OtherAuthentication)
        or getattr(operation, "version", 1) == 0
    )


@given(messages)
def test_every_message_survives_the_wire(message):
    assert decode_message(encode_message(message)) == message


@given(messages)
def test_the_oracle_reads_what_we_write_and_we_read_what_it_writes(message):
    if _needs_no_oracle(message):
        return
    ours = encode_message(message)
    theirs = _ORACLE.encode("LDAPMessage", _ORACLE.decode("LDAPMessage", ours))
    assert decode_message(theirs) == message


@given(messages, st.data())
def test_a_damaged_message_gives_a_message_or_the_documented_error(message, data):
    encoded = bytearray(encode_message(message))
    for _ in range(data.draw(st.integers(1, 3))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(LdapError):
        decode_message(bytes(encoded))


@given(messages, st.integers(1, 20))
def test_a_message_cut_short_or_continued_is_an_error(message, count):
    encoded = encode_message(message)
    for wrong in (encoded[:-count], encoded + bytes(count)):
        with pytest.raises(ProtocolViolation):
            decode_message(wrong)


@given(st.integers(0, 255), st.binary(max_size=60))
def test_any_operation_decodes_or_gives_the_documented_error(tag, content):
    with contextlib.suppress(LdapError):
        decode_operation(tag, content)


@pytest.mark.parametrize(("sentence", "encoded"), read_vectors("accepted.txt").items())
def test_what_real_peers_send_is_read(sentence, encoded):
    message = decode_message(encoded)
    assert decode_message(encode_message(message)) == message


def test_an_unassigned_tag_stays_raw():
    assert decode_operation(0x7C, b"abc") == RawOperation(0x7C, b"abc")
    assert encode_operation(RawOperation(0x7C, b"abc")) == b"\x7c\x03abc"


def test_no_controls_are_no_octets():
    assert encode_controls(()) == b""
    assert decode_controls(b"") == ()


def test_an_absent_control_value_is_not_an_empty_one():
    controls = (Control("1.2.3", True), Control("1.2.4", False, b""))
    assert decode_controls(encode_controls(controls)) == controls


def test_controls_are_counted():
    encoded = encode_controls([Control("1.2")] * (MAX_CONTROLS + 1))
    with pytest.raises(ProtocolViolation, match="more than"):
        decode_controls(encoded)


def test_a_message_is_written_to_the_octet():
    done = LDAPMessage(2, SearchResultDone(LDAPResult(0)))
    assert encode_message(done) == bytes.fromhex("30 0c 02 01 02 65 07 0a 01 00 04 00 04 00")
    assert encode_message(LDAPMessage(3, UnbindRequest())) == bytes.fromhex("30 05 02 01 03 42 00")
