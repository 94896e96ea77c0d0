import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.ldap.ber import Reader
from mfa_server.ldap.codec_search import (
    check_search_request,
    decode_attribute,
    decode_attributes,
    decode_search_request,
    decode_search_result_entry,
    decode_search_result_reference,
    encode_attribute,
    encode_attributes,
    encode_search_request,
    encode_search_result_entry,
    encode_search_result_reference,
    entry_dn,
)
from mfa_server.ldap.errors import ProtocolViolation
from mfa_server.ldap.filter_text import parse_filter
from mfa_server.ldap.messages import Attribute, Scope, SearchRequest, SearchResultEntry, SearchResultReference

from .strategies import searches

_SEARCH = SearchRequest(
    "ou=people,dc=example,dc=com",
    Scope.WHOLE_SUBTREE,
    parse_filter(
        "(&(objectClass=user)(|(sAMAccountName=jdoe)(mail=j*doe*)(!(memberOf:1.2.840.113556.1.4.1941:=cn=x)))(cn=*))"
    ),
    ("cn", "member;range=0-1499"),
)


def _content(encoded):
    return encoded[2:] if encoded[1] < 0x80 else encoded[2 + (encoded[1] & 0x7F) :]


def test_a_search_survives_the_wire():
    assert decode_search_request(_content(encode_search_request(_SEARCH))) == _SEARCH


def test_the_check_reads_base_and_scope_and_nothing_else():
    content = _content(encode_search_request(_SEARCH))
    assert check_search_request(content, 0, len(content)) == (b"ou=people,dc=example,dc=com", 2)


@given(searches)
def test_every_search_passes_the_check(search):
    content = _content(encode_search_request(search))
    assert check_search_request(content, 0, len(content)) == (search.base_object.encode(), search.scope)


@given(searches, st.data())
def test_what_passes_the_check_decodes_unless_a_string_is_not_utf_8(search, data):
    content = bytearray(_content(encode_search_request(search)))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        check_search_request(bytes(content), 0, len(content))
    except ProtocolViolation:
        with pytest.raises(ProtocolViolation):
            decode_search_request(bytes(content))
        return
    complaint = ""
    try:
        decode_search_request(bytes(content))
    except ProtocolViolation as violation:
        complaint = str(violation)
    assert complaint == "" or "UTF-8" in complaint


def test_the_name_of_an_entry_is_read_without_the_rest():
    entry = SearchResultEntry(
        "cn=Jörg,dc=x", (Attribute("cn", ("Jörg".encode(), b"J")), Attribute("jpegPhoto", (bytes(70000),)))
    )
    encoded = encode_search_result_entry(entry)
    assert entry_dn(encoded) == "cn=Jörg,dc=x".encode()
    assert decode_search_result_entry(_content(encoded)) == entry


@pytest.mark.parametrize("operation", ["", "64 00", "65 07 0a 01 00 04 00 04 00", "64 02 02 00", "64 03 04 02 61"])
def test_anything_but_an_entry_has_no_name(operation):
    with pytest.raises(ProtocolViolation):
        entry_dn(bytes.fromhex(operation))


def test_a_reference_is_a_list_of_uris():
    reference = SearchResultReference(("ldap://dc1.example.com/dc=x??sub", "ldap://dc2.example.com/"))
    assert decode_search_result_reference(_content(encode_search_result_reference(reference))) == reference


def test_attributes_may_be_empty():
    attributes = (Attribute("cn"), Attribute("mail", (b"", b"a")))
    encoded = encode_attributes(attributes)
    assert decode_attributes(Reader(encoded, 0, len(encoded))) == attributes
    encoded = encode_attribute(attributes[1])
    assert decode_attribute(Reader(encoded, 0, len(encoded))) == attributes[1]
