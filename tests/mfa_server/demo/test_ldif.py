"""LDIF as demonstrations and tests write it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.demo.ldif import LdifEntry, LdifError, parse_ldif


def test_records_comments_folds_and_base64() -> None:
    text = (
        "version: 1\n# a comment\n  that goes on\n\ndn: cn=a,dc=x\ncn: a\nCN: b\ndescription: long\n er\n"
        "objectGUID:: AAEC\n\n\n# between\ndn:: Y249w7wsZGM9eA==\ncn:  blank in front \n"
    )
    assert parse_ldif(text) == (
        LdifEntry("cn=a,dc=x", {"cn": (b"a", b"b"), "description": (b"longer",), "objectGUID": (b"\x00\x01\x02",)}),
        LdifEntry("cn=ü,dc=x", {"cn": (b"blank in front",)}),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dn: cn=a\nno colon", "line 2: no attribute and colon"),
        ("cn: a\ndn: cn=a", "line 1: a record starts with 'cn'"),
        ("dn: cn=a\nphoto:< file:///etc/passwd", "line 2: values from URLs are not read"),
        ("dn: cn=a\nx:: !!!", "line 2: the value is not base64"),
        ("dn: cn=a\nchangetype: delete", "line 2: change records are not read"),
        ("version: 2\ndn: cn=a", "line 1: LDIF version 2 is not known"),
        (" dn: cn=a", "line 1: a continuation of nothing"),
    ],
)
def test_what_is_not_read_names_its_line(text: str, message: str) -> None:
    with pytest.raises(LdifError, match=message):
        parse_ldif(text)


@given(st.text(alphabet="dn:cx= #\n<,ab\t", max_size=60))
def test_any_text_gives_records_or_the_documented_error(text: str) -> None:
    with contextlib.suppress(LdifError):
        assert all(entry.dn or entry.attributes is not None for entry in parse_ldif(text))
