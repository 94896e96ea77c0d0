"""What the demonstration directory answers."""

import uuid

import pytest

from mfa_server.demo import demo_tree
from mfa_server.demo.ldif import LdifError
from mfa_server.demo.tree import DemoTree, ad_refusal
from mfa_server.ldap import SearchRequest
from mfa_server.ldap.filters import EqualityMatch, Present
from mfa_server.sync.phones import normalise_phone

ANNA = "CN=Anna Archer,OU=people,DC=example,DC=com"
BASE = "dc=example,dc=com"
EVERYTHING = Present("objectClass")


@pytest.mark.parametrize("name", [ANNA, ANNA.lower(), "anna@example.com", "ANNA@Example.com", "EXAMPLE\\anna"])
def test_anna_binds_by_each_name(name: str) -> None:
    result, entry = demo_tree().check(name, b"Welcome-to-Anna-1")
    assert result.result_code == 0
    assert entry is not None
    assert entry.dn == ANNA


@pytest.mark.parametrize(
    ("name", "password", "sub_code"),
    [
        ("anna@example.com", b"wrong", "52e"),
        ("nobody@example.com", b"wrong", "52e"),
        ("anna", b"Welcome-to-Anna-1", "52e"),
        ("emma@example.com", b"Welcome-to-Emma-1", "533"),
        ("emma@example.com", b"wrong", "52e"),
        ("frank@example.com", b"Welcome-to-Frank-1", "773"),
        ("OU=people,DC=example,DC=com", b"", "52e"),
    ],
)
def test_refusals_carry_active_directorys_sub_codes(name: str, password: bytes, sub_code: str) -> None:
    assert demo_tree().check(name, password) == (ad_refusal(sub_code), None)


def test_a_locked_account() -> None:
    text = "dn: DC=x\nobjectClass: domainDNS\n\ndn: CN=a,DC=x\nuserPassword: right\nlockoutTime: 1\n"
    assert DemoTree.from_ldif(text).check("CN=a,DC=x", b"right")[0] == ad_refusal("775")


@pytest.mark.parametrize("kept", ["{SSHA}not base64!", "{SSHA}", "{SSHA}AAAA"])
def test_a_password_that_cannot_be_read_is_nobodys(kept: str) -> None:
    text = f"dn: DC=x\nobjectClass: domainDNS\n\ndn: CN=a,DC=x\nuserPassword: {kept}\n"
    assert DemoTree.from_ldif(text).check("CN=a,DC=x", b"")[1] is None


@pytest.mark.parametrize(
    ("base", "scope", "count"),
    [(BASE, 0, 1), (BASE, 1, 3), (BASE, 2, 13), ("ou=people," + BASE, 1, 6), ("cn=configuration," + BASE, 2, 3)],
)
def test_scopes_keep_the_configuration_apart(base: str, scope: int, count: int) -> None:
    found, result = demo_tree().search(SearchRequest(base, scope, EVERYTHING))
    assert (len(found), result.result_code) == (count, 0)


def test_a_missing_base_names_the_nearest_entry() -> None:
    found, result = demo_tree().search(SearchRequest("cn=x,ou=gone,ou=people," + BASE, 2, EVERYTHING))
    assert (found, result.result_code, result.matched_dn) == ([], 32, "OU=people,DC=example,DC=com")
    assert demo_tree().search(SearchRequest("no name", 2, EVERYTHING))[1].result_code == 34


def test_passwords_leave_by_no_way() -> None:
    tree = demo_tree()
    request = SearchRequest(BASE, 2, EVERYTHING, ("*", "userPassword"))
    assert not [
        a for entry in tree.search(request)[0] for a in entry.attributes if a.description.lower() == "userpassword"
    ]
    assert not tree.search(SearchRequest(BASE, 2, Present("userPassword")))[0]
    assert "SSHA" not in repr(tree.who("anna@example.com"))


def test_attributes_are_selected() -> None:
    (anna,), _ = demo_tree().search(SearchRequest(ANNA, 0, EVERYTHING, ("MAIL", "memberOf")))
    assert {attribute.description for attribute in anna.attributes} == {"mail", "memberOf"}
    (bare,), _ = demo_tree().search(SearchRequest(ANNA, 0, EVERYTHING, ("1.1",)))
    assert bare.attributes == ()
    (types,), _ = demo_tree().search(SearchRequest(ANNA, 0, EVERYTHING, ("mail",), types_only=True))
    assert [attribute.values for attribute in types.attributes] == [()]


def test_group_members_have_member_of_and_everybody_a_lasting_guid() -> None:
    members = demo_tree().search(
        SearchRequest(BASE, 2, EqualityMatch("memberOf", b"cn=mfa-users,ou=groups,dc=example,dc=com"))
    )[0]
    assert len(members) == 6

    def guids() -> list[str]:
        return [str(uuid.UUID(bytes_le=bytes(entry.values["objectguid"][0]))) for entry in demo_tree()]

    assert guids() == guids()
    assert len(set(guids())) == len(guids())


def test_everybodys_number_is_of_the_ranges_for_drama() -> None:
    numbers = [
        entry.first(attribute)
        for entry in demo_tree()
        for attribute in ("mobile", "telephoneNumber")
        if entry.first(attribute)
    ]
    assert len(numbers) == 7
    for number in numbers:
        phone = normalise_phone(number, "GB")
        assert phone is not None
        assert phone.number.startswith(("+447700900", "+441632960"))


@pytest.mark.parametrize("text", ["", "dn: cn=x\ncn: x\n", "dn: not a name\nobjectClass: domainDNS\n"])
def test_what_is_no_domain_is_refused(text: str) -> None:
    with pytest.raises(LdifError):
        DemoTree.from_ldif(text)
