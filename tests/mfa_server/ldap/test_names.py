import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.ldap.errors import DistinguishedNameError
from mfa_server.ldap.names import (
    MAX_NAME_OCTETS,
    MAX_RDN_ATTRIBUTES,
    MAX_RDNS,
    DistinguishedName,
    NameAttribute,
    escape_name_value,
    parse_name,
    prepare,
)

from .foreign import escape_rdn, parse_dn

_values = st.text(st.characters(codec="utf-8"), max_size=12)
_types = st.sampled_from(["cn", "OU", "2.5.4.3", "dc", "x-y"])
_attributes = st.builds(NameAttribute, _types, _values | st.binary(min_size=1, max_size=6))
_names = (
    st.lists(st.lists(_attributes, min_size=1, max_size=3).map(tuple), max_size=4).map(tuple).map(DistinguishedName)
)


# RFC 4514 section 4
@pytest.mark.parametrize(
    ("text", "rdns"),
    [
        ("UID=jsmith,DC=example,DC=net", [[("UID", "jsmith")], [("DC", "example")], [("DC", "net")]]),
        ("OU=Sales+CN=J.  Smith,DC=net", [[("OU", "Sales"), ("CN", "J.  Smith")], [("DC", "net")]]),
        (r"CN=James \"Jim\" Smith\, III,DC=net", [[("CN", 'James "Jim" Smith, III')], [("DC", "net")]]),
        (r"CN=Before\0dAfter,DC=net", [[("CN", "Before\rAfter")], [("DC", "net")]]),
        ("1.3.6.1.4.1.1466.0=#04024869", [[("1.3.6.1.4.1.1466.0", b"\x04\x02Hi")]]),
        (
            r"CN=Lu\C4\8Di\C4\87",
            [[("CN", "Lu\N{LATIN SMALL LETTER C WITH CARON}i\N{LATIN SMALL LETTER C WITH ACUTE}")]],
        ),
        # RFC 2253 section 4
        ('CN="a,b;c" ; O = x', [[("CN", "a,b;c")], [("O", "x")]]),
        (r'CN="a\"b"', [[("CN", 'a"b')]]),
        ("OID.2.5.4.3=x", [[("2.5.4.3", "x")]]),
        # RFC 4514 section 3: spaces, empty values, =
        (r"CN=\ a\ \ ,DC=x", [[("CN", " a  ")], [("DC", "x")]]),
        (r"CN=a\  ,DC=x", [[("CN", "a ")], [("DC", "x")]]),
        ("CN=,DC=x", [[("CN", "")], [("DC", "x")]]),
        ("CN=a=b", [[("CN", "a=b")]]),
        ("CN=a#b", [[("CN", "a#b")]]),
        (r"CN=\#a", [[("CN", "#a")]]),
        ("", []),
        ("  ", []),
    ],
)
def test_the_text_of_a_name_is_read(text, rdns):
    name = parse_name(text)
    assert [[(attribute.type, attribute.value) for attribute in rdn] for rdn in name.rdns] == rdns
    assert parse_name(str(name)).rdns == name.rdns
    assert parse_name(text.encode()) == name


_USER = "uid=user00001,ou=people,dc=example,dc=com"


@pytest.mark.parametrize(
    "spelling",
    [
        "UID=USER00001,OU=People,DC=Example,DC=COM",
        "uid = user00001 , ou = people , dc=example , dc=com",
        r"uid=\75ser00001,ou=people,dc=example,dc=com",
        r"UID=\75ser00001 , OU=People,dc=example,dc=com",
        "0.9.2342.19200300.100.1.1=user00001,2.5.4.11=people,dc=example,0.9.2342.19200300.100.1.25=com",
        "userid=user00001,organizationalUnitName=people,domainComponent=example,dc=com",
        'uid="user00001";ou=people;dc=example;dc=com',
        "uid=#0c097573657230303030 31,ou=people,dc=example,dc=com".replace(" ", ""),
        "uid=\N{FULLWIDTH LATIN SMALL LETTER U}ser00001,ou=people,dc=example,dc=com",
        "uid=user00001\N{SOFT HYPHEN},ou=people,dc=example,dc=com",
        r"uid=user00001\20,ou=people,dc=example,dc=com",
    ],
)
def test_spellings_of_one_name_are_equal(spelling):
    assert parse_name(spelling) == parse_name(_USER)
    assert hash(parse_name(spelling)) == hash(parse_name(_USER))
    assert parse_name(spelling).key == _USER


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"cn=Doe\2C Jane,dc=x", r"cn=Doe\, Jane,dc=x"),
        ("cn=Doe+uid=jd,dc=x", "uid=JD+cn=doe,dc=x"),
        ("cn=J\N{LATIN SMALL LETTER O WITH DIAERESIS}rg", "cn=JO\N{COMBINING DIAERESIS}RG"),
        (r"cn=J\c3\b6rg", "cn=J\N{LATIN SMALL LETTER O WITH DIAERESIS}RG"),
        ("cn=STRASSE", "cn=stra\N{LATIN SMALL LETTER SHARP S}e"),
        ("cn=a  b", "cn= a b "),
        ("cn=a\N{NO-BREAK SPACE}b", "cn=a b"),
        ("cn=a\tb", "cn=a b"),
        ("cn=\N{GREEK CAPITAL LETTER SIGMA}", "cn=\N{GREEK SMALL LETTER FINAL SIGMA}"),
    ],
)
def test_names_that_mean_the_same_are_equal(one, other):
    assert parse_name(one) == parse_name(other)


@pytest.mark.parametrize(
    "other",
    [
        "uid=user00002,ou=people,dc=example,dc=com",
        "cn=user00001,ou=people,dc=example,dc=com",
        "uid=user00001,dc=example,dc=com",
        r"uid=user00001\,ou\=people,dc=example,dc=com",
        "uid=user00001+cn=x,ou=people,dc=example,dc=com",
        "uid=user 00001,ou=people,dc=example,dc=com",
        "",
    ],
)
def test_names_that_differ_are_not(other):
    assert parse_name(other) != parse_name(_USER)
    assert parse_name(other).key != parse_name(_USER).key


def test_a_value_can_not_pose_as_structure():
    assert parse_name(r"cn=a\,dc\=b").key != parse_name("cn=a,dc=b").key
    assert parse_name(r"cn=a\+uid\=b").key != parse_name("cn=a+uid=b").key
    assert parse_name(r"cn=\#0401").key != parse_name("cn=#020101").key


@pytest.mark.parametrize(
    ("text", "position", "complaint"),
    [
        ("x", 0, "an attribute type and ="),
        ("=x", 0, "an attribute type and ="),
        ("cn=x,", 5, "an attribute type and ="),
        ("cn=x+", 5, "an attribute type and ="),
        (",cn=x", 0, "an attribute type and ="),
        ("1=x", 0, "an attribute type and ="),
        ("cn-é=x", 0, "an attribute type and ="),
        ("<GUID=0102>", 0, "an attribute type and ="),
        ("EXAMPLE\\jdoe", 0, "an attribute type and ="),
        ("jdoe@example.com", 0, "an attribute type and ="),
        ("cn=a<b", 4, "escaped by a backslash"),
        ('cn=a"b', 4, "escaped by a backslash"),
        ("cn=a\x00", 4, "escaped by a backslash"),
        ('cn="a"b', 6, "escaped by a backslash"),
        ('cn="a', 5, "not closed"),
        ("cn=#", 4, "hexadecimal digits"),
        ("cn=#0", 4, "hexadecimal digits"),
        ("cn=#04x", 6, "escaped by a backslash"),
        ("cn=\\", 3, "a backslash is due"),
        ("cn=\\x", 3, "a backslash is due"),
        ("cn=\\c3", 6, "not UTF-8"),
        ("cn=\ud800", 0, "not UTF-8"),
        (b"cn=\xff", 0, "not UTF-8"),
        ("cn=" + "x" * MAX_NAME_OCTETS, 0, "at most"),
        (",".join(["dc=x"] * (MAX_RDNS + 1)), 644, "levels"),
        ("+".join(["dc=x"] * (MAX_RDN_ATTRIBUTES + 1)), 84, "attributes in one RDN"),
    ],
)
def test_a_name_that_is_wrong_tells_where_and_why(text, position, complaint):
    with pytest.raises(DistinguishedNameError) as caught:
        parse_name(text)
    assert complaint in str(caught.value)
    assert caught.value.position == position


@given(_names)
def test_every_name_survives_its_text(name):
    again = parse_name(str(name))
    assert again.rdns == name.rdns
    assert again == name


@given(_names)
def test_the_key_is_itself_a_spelling_of_the_name(name):
    assert parse_name(name.key) == name
    assert parse_name(name.key).key == name.key


@given(_values)
def test_an_escaped_value_can_not_change_the_name_around_it(value):
    assert parse_name(f"cn={escape_name_value(value)},dc=x").rdns == (
        (NameAttribute("cn", value),),
        (NameAttribute("dc", "x"),),
    )


@given(_values)
def test_preparing_twice_changes_nothing(value):
    assert prepare(prepare(value)) == prepare(value)


@given(st.text(max_size=30) | st.binary(max_size=30))
def test_any_text_is_a_name_or_the_documented_error(text):
    try:
        name = parse_name(text)
    except DistinguishedNameError:
        return
    assert parse_name(str(name)) == name


# Without = and #, which ldap3 wants escaped in places where RFC 4514 does not
_plain = st.text(st.sampled_from('abZ ,+"\\<>;'), min_size=1, max_size=8).filter(
    lambda value: value == value.strip(" ")
)


@given(st.lists(st.tuples(st.sampled_from(["cn", "ou"]), _plain), min_size=1, max_size=3))
def test_another_client_takes_the_name_apart_alike(parts):
    text = ",".join(f"{kind}={escape_rdn(value)}" for kind, value in parts)
    assert [(rdn[0].type, rdn[0].value) for rdn in parse_name(text).rdns] == parts
    ours = ",".join(f"{kind}={escape_name_value(value)}" for kind, value in parts)
    assert [kind for kind, _, _ in parse_dn(ours)] == [kind for kind, _ in parts]


def test_a_name_knows_what_it_is_under():
    base, user = parse_name("DC=example,DC=com"), parse_name(_USER)
    assert user.is_under(base)
    assert base.is_under(base)
    assert not base.is_under(user)
    assert user.is_under(parse_name(""))
    assert not parse_name("dc=badexample,dc=com").is_under(base)
    assert not parse_name(r"cn=x\,dc=example,dc=com").is_under(base)
    assert user.parent == parse_name("ou=people,dc=example,dc=com")
    assert parse_name("").parent is None
