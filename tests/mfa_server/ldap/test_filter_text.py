import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.ldap.codec import decode_message
from mfa_server.ldap.errors import FilterError
from mfa_server.ldap.filter_text import MAX_FILTER_CHARACTERS, escape_filter_value, format_filter, parse_filter
from mfa_server.ldap.filters import (
    MAX_FILTER_DEPTH,
    And,
    ApproxMatch,
    EqualityMatch,
    ExtensibleMatch,
    GreaterOrEqual,
    LessOrEqual,
    Not,
    Or,
    Present,
    Substrings,
)
from mfa_server.ldap.messages import SearchRequest

from .foreign import encode_search
from .strategies import filters

# The examples of RFC 4515 section 4, and what AD administrators write
_PAIRS = [
    ("(cn=Babs Jensen)", EqualityMatch("cn", b"Babs Jensen")),
    ("(!(cn=Tim Howes))", Not(EqualityMatch("cn", b"Tim Howes"))),
    (
        "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))",
        And(
            (EqualityMatch("objectClass", b"Person"), Or((EqualityMatch("sn", b"Jensen"), Substrings("cn", b"Babs J"))))
        ),
    ),
    ("(o=univ*of*mich*)", Substrings("o", b"univ", (b"of", b"mich"))),
    ("(seeAlso=)", EqualityMatch("seeAlso", b"")),
    ("(cn:caseExactMatch:=Fred Flintstone)", ExtensibleMatch(b"Fred Flintstone", "cn", "caseExactMatch")),
    ("(cn:=Betty Rubble)", ExtensibleMatch(b"Betty Rubble", "cn")),
    ("(sn:dn:2.4.6.8.10:=Barney Rubble)", ExtensibleMatch(b"Barney Rubble", "sn", "2.4.6.8.10", True)),
    ("(o:dn:=Ace Industry)", ExtensibleMatch(b"Ace Industry", "o", None, True)),
    ("(:1.2.3:=Wilma Flintstone)", ExtensibleMatch(b"Wilma Flintstone", None, "1.2.3")),
    ("(:dn:2.4.6.8.10:=Dino)", ExtensibleMatch(b"Dino", None, "2.4.6.8.10", True)),
    (
        r"(o=Parens R Us \28for all your parenthetical needs\29)",
        EqualityMatch("o", b"Parens R Us (for all your parenthetical needs)"),
    ),
    (r"(cn=*\2a*)", Substrings("cn", None, (b"*",))),
    (r"(filename=C:\5cMyFile)", EqualityMatch("filename", rb"C:\MyFile")),
    (r"(bin=\00\00\00\04)", EqualityMatch("bin", b"\x00\x00\x00\x04")),
    (
        "(sn=Lu\N{LATIN SMALL LETTER C WITH CARON}i\N{LATIN SMALL LETTER C WITH ACUTE})",
        EqualityMatch("sn", b"Lu\xc4\x8di\xc4\x87"),
    ),
    (r"(1.3.6.1.4.1.1466.0=\04\02\48\69)", EqualityMatch("1.3.6.1.4.1.1466.0", b"\x04\x02Hi")),
    ("(cn=*)", Present("cn")),
    ("(cn=*son)", Substrings("cn", None, (), b"son")),
    ("(uidNumber>=1000)", GreaterOrEqual("uidNumber", b"1000")),
    ("(uidNumber<=1000)", LessOrEqual("uidNumber", b"1000")),
    ("(cn~=smith)", ApproxMatch("cn", b"smith")),
    ("(userCertificate;binary=*)", Present("userCertificate;binary")),
    ("(&)", And(())),
    ("(|)", Or(())),
    (
        "(memberOf:1.2.840.113556.1.4.1941:=CN=VPN,OU=Groups,DC=example,DC=com)",
        ExtensibleMatch(b"CN=VPN,OU=Groups,DC=example,DC=com", "memberOf", "1.2.840.113556.1.4.1941"),
    ),
    (
        "(!(userAccountControl:1.2.840.113556.1.4.803:=2))",
        Not(ExtensibleMatch(b"2", "userAccountControl", "1.2.840.113556.1.4.803")),
    ),
]


@pytest.mark.parametrize(("text", "value"), _PAIRS)
def test_the_examples_of_rfc_4515_are_read_and_written(text, value):
    assert parse_filter(text) == value
    assert parse_filter(format_filter(value)) == value


@given(filters)
def test_every_filter_survives_its_text(value):
    assert parse_filter(format_filter(value)) == value


@pytest.mark.parametrize("text", [text for text, _ in _PAIRS if text not in ("(&)", "(|)", "(seeAlso=)")])
def test_another_client_reads_the_same_filter(text):
    search = decode_message(encode_search(text)).operation
    assert isinstance(search, SearchRequest)
    assert search.filter == parse_filter(text)


def test_white_space_between_the_parts_is_skipped_and_in_values_is_kept():
    assert parse_filter("\n(&\n  (cn= a )\n  (sn=b) )\n") == And(
        (EqualityMatch("cn", b" a "), EqualityMatch("sn", b"b"))
    )


@pytest.mark.parametrize(
    ("text", "position", "complaint"),
    [
        ("", 0, "opening parenthesis"),
        ("cn=x", 0, "opening parenthesis"),
        ("(cn=x", 5, "closing parenthesis"),
        ("(cn=x))", 6, "text follows"),
        ("(cn=(x)", 4, "closing parenthesis"),
        ("(cn)", 1, "an attribute and one of"),
        ("( cn=x)", 1, "an attribute and one of"),
        ("(=x)", 1, "an attribute and one of"),
        ("(:=x)", 1, "an attribute or a matching rule"),
        ("(:dn:=x)", 1, "an attribute or a matching rule"),
        ("(cn=a**b)", 4, "one is enough"),
        ("(cn>=a*)", 5, "\\2a"),
        ("(cn:=a*)", 5, "\\2a"),
        (r"(cn=\2)", 4, "two hexadecimal digits"),
        (r"(cn=ab\zz)", 6, "two hexadecimal digits"),
        ("(cn=\ud800)", 4, "surrogate"),
        ("(!(a=b)(c=d))", 1, "takes one filter, not 2"),
        ("(!)", 1, "takes one filter, not 0"),
        ("(&(cn=x)", 8, "closing parenthesis"),
        ("(cn=\x00)", 4, "closing parenthesis"),
        ("(" + "x" * MAX_FILTER_CHARACTERS, 0, "at most"),
    ],
)
def test_a_filter_that_is_wrong_tells_where_and_why(text, position, complaint):
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    assert caught.value.position == position
    assert complaint in str(caught.value)


def test_depth_is_limited_both_ways():
    def nested(depth):
        return "(!" * depth + "(cn=*)" + ")" * depth

    deepest = parse_filter(nested(MAX_FILTER_DEPTH))
    assert format_filter(deepest) == nested(MAX_FILTER_DEPTH)
    with pytest.raises(FilterError, match="nest deeper"):
        parse_filter(nested(MAX_FILTER_DEPTH + 1))
    with pytest.raises(FilterError, match="nest deeper"):
        parse_filter(nested(20_000))
    with pytest.raises(FilterError, match="nest deeper"):
        format_filter(Not(deepest))


@given(st.text(st.characters(codec="utf-8")))
def test_an_escaped_value_can_not_change_the_filter_around_it(value):
    assert parse_filter(f"(&(uid={escape_filter_value(value)})(cn=x))") == And(
        (EqualityMatch("uid", value.encode()), EqualityMatch("cn", b"x"))
    )


@given(st.binary())
def test_an_escaped_value_keeps_every_octet(value):
    assert parse_filter(f"(uid={escape_filter_value(value)})") == EqualityMatch("uid", value)


def test_a_value_that_is_all_stars_is_a_value():
    assert escape_filter_value("*)(uid=*") == r"\2a\29\28uid=\2a"


@given(st.text(max_size=40))
def test_any_text_is_a_filter_or_the_documented_error(text):
    try:
        value = parse_filter(text)
    except FilterError:
        return
    assert parse_filter(format_filter(value)) == value
