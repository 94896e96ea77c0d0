"""Names: which forms stand for somebody, and what an entry says of itself."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.directories.naming import (
    NameForm,
    dns_domain,
    down_level_filter,
    entry_text,
    entry_values,
    parse_bind_name,
    principal_filter,
    upn_of,
    user_id_of,
    username_of,
)
from mfa_server.directories.settings import DirectoryType
from mfa_server.ldap import Attribute, SearchResultEntry, format_filter, parse_name

AD, OPENLDAP = DirectoryType.ACTIVE_DIRECTORY, DirectoryType.OPENLDAP


def entry(dn: str = "CN=Anna,DC=example,DC=com", **attributes: bytes) -> SearchResultEntry:
    return SearchResultEntry(dn, tuple(Attribute(name, (value,)) for name, value in attributes.items()))


@pytest.mark.parametrize(
    ("name", "form", "user", "domain"),
    [
        ("cn=anna,dc=example,dc=com", NameForm.DN, "", ""),
        ("CN = Anna\\2C B , DC=example, DC=com", NameForm.DN, "", ""),
        ("anna@example.com", NameForm.PRINCIPAL, "anna", "example.com"),
        ("odd@name@example.com", NameForm.PRINCIPAL, "odd@name", "example.com"),
        ("EXAMPLE\\anna", NameForm.DOWN_LEVEL, "anna", "EXAMPLE"),
    ],
)
def test_three_forms_are_understood(name: str, form: NameForm, user: str, domain: str) -> None:
    parsed = parse_bind_name(name, AD)
    assert parsed is not None
    assert (parsed.form, parsed.user, parsed.domain) == (form, user, domain)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="nothing"),
        pytest.param("anna", id="a bare name"),
        pytest.param("Anna Archer", id="a display name"),
        pytest.param("{75cbd7c3-be4c-58ec-98e5-830bf7f2e820}", id="a GUID in braces"),
        pytest.param("<GUID=75cbd7c3be4c58ec98e5830bf7f2e820>", id="a GUID as a name"),
        pytest.param("<SID=S-1-5-21-1-2-3-1101>", id="a SID as a name"),
        pytest.param("S-1-5-21-1-2-3-1101", id="a SID"),
        pytest.param("host/dc1.example.com", id="a service principal"),
        pytest.param("example.com/people/Anna", id="a canonical name"),
        pytest.param("\\anna", id="no domain"),
        pytest.param("EXAMPLE\\", id="no user"),
        pytest.param("EXAMPLE\\anna\\x", id="two backslashes"),
        pytest.param("EXAMPLE\\anna@example.com", id="a mixture"),
        pytest.param("@example.com", id="a UPN without user"),
        pytest.param("anna@", id="a UPN without domain"),
        pytest.param("anna\x00@example.com", id="a NUL"),
        pytest.param("anna\ufffd@example.com", id="octets that were no UTF-8"),
        pytest.param("a" * 1100 + "@example.com", id="too long"),
    ],
)
def test_any_other_form_stands_for_nobody(name: str) -> None:
    assert parse_bind_name(name, AD) is None


@pytest.mark.parametrize("name", ["anna@example.com", "EXAMPLE\\anna", "anna"])
def test_openldap_knows_distinguished_names_alone(name: str) -> None:
    assert parse_bind_name(name, OPENLDAP) is None


@given(st.text(max_size=60))
def test_any_text_is_a_name_or_nobody(name: str) -> None:
    parsed = parse_bind_name(name, AD)
    assert parsed is None or parsed.dn is not None or (parsed.user and parsed.domain)


@pytest.mark.parametrize(
    ("base", "domain"),
    [
        ("dc=example,dc=com", "example.com"),
        ("ou=staff,DC=Example,DC=COM", "example.com"),
        ("o=example", ""),
        ("dc=example,o=x", ""),
    ],
)
def test_the_domain_of_a_base(base: str, domain: str) -> None:
    assert dns_domain(parse_name(base)) == domain


def test_a_principal_of_the_own_domain_may_be_implicit() -> None:
    name = parse_bind_name("anna@EXAMPLE.com", AD)
    assert name is not None
    wanted = "(&(objectClass=user)(|(userPrincipalName=anna@EXAMPLE.com)(sAMAccountName=anna)))"
    assert format_filter(principal_filter(name, "example.com")) == wanted


def test_a_principal_of_another_suffix_must_be_written_in_the_entry() -> None:
    name = parse_bind_name("anna@example.net", AD)
    assert name is not None
    assert format_filter(principal_filter(name, "example.com")) == (
        "(&(objectClass=user)(userPrincipalName=anna@example.net))"
    )


def test_nothing_in_a_name_is_read_as_a_filter() -> None:
    name = parse_bind_name("EXAMPLE\\*)(cn=*", AD)
    assert name is not None
    assert format_filter(down_level_filter(name)) == "(&(objectClass=user)(sAMAccountName=\\2a\\29\\28cn=\\2a))"


@pytest.mark.parametrize(
    ("attribute", "value", "user_id"),
    [
        (
            "objectGUID",
            uuid.UUID("75cbd7c3-be4c-58ec-98e5-830bf7f2e820").bytes_le,
            "75cbd7c3-be4c-58ec-98e5-830bf7f2e820",
        ),
        ("objectGUID", b"too short", ""),
        ("entryUUID", b"1D8A7296-7C41-1041-9A15-CF9807309274", "1d8a7296-7c41-1041-9a15-cf9807309274"),
        ("entryUUID", b"not a uuid", ""),
        ("nsUniqueId", b"4c1e-77", "4c1e-77"),
        ("nsUniqueId", b"", ""),
        ("nsUniqueId", b"\xff\xfe", ""),
        ("nsUniqueId", b"x" * 129, ""),
        ("nsUniqueId", b"a\nb", ""),
    ],
)
def test_the_immutable_id_has_one_spelling(attribute: str, value: bytes, user_id: str) -> None:
    assert user_id_of(SearchResultEntry("cn=x", (Attribute(attribute, (value,)),)), attribute) == user_id


def test_an_id_that_is_missing_or_not_single_is_none() -> None:
    assert user_id_of(entry(), "objectGUID") == ""
    two = SearchResultEntry("cn=x", (Attribute("nsUniqueId", (b"1", b"2")),))
    assert user_id_of(two, "nsUniqueId") == ""


def test_attributes_are_found_in_any_case() -> None:
    anna = entry(sAMAccountName=b" anna ")
    assert entry_values(anna, "samaccountname") == (b" anna ",)
    assert entry_text(anna, "SAMACCOUNTNAME") == "anna"
    assert entry_text(entry(x=b"\xff"), "x") == ""
    assert entry_text(anna, "mail") == ""


def test_the_user_name_is_the_first_attribute_with_a_value_else_the_rdn() -> None:
    assert username_of(entry(uid=b"", mail=b"a@example.com"), ("uid", "mail")) == "a@example.com"
    assert username_of(entry(), ("uid",)) == "Anna"
    assert username_of(entry("not a name"), ("uid",)) == ""


def test_the_principal_name_is_the_written_one_else_the_implicit_one() -> None:
    assert (
        upn_of(entry(sAMAccountName=b"anna", userPrincipalName=b"anna@example.net"), "example.com")
        == "anna@example.net"
    )
    assert upn_of(entry(sAMAccountName=b"anna"), "example.com") == "anna@example.com"
    assert upn_of(entry(), "example.com") == ""
