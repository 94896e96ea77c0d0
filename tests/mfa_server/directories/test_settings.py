"""What settings refuse, and what they fill in."""

import ssl

import pytest

from mfa_server.directories.errors import DirectorySettingsError
from mfa_server.directories.settings import (
    DirectorySettings,
    DirectoryType,
    ServerAddress,
    TlsMode,
    default_port,
    tls_context,
)
from tests.support.certificates import Authority

SERVERS = (ServerAddress("dc1.example.com", 636),)


def settings(ca_pem: bytes | None = None, kind: DirectoryType = DirectoryType.ACTIVE_DIRECTORY) -> DirectorySettings:
    return DirectorySettings(SERVERS, "dc=example,dc=com", "mfa@example.com", b"secret-4711", kind, ca_pem=ca_pem)


def test_the_password_is_in_no_repr() -> None:
    assert "4711" not in repr(settings())


def test_an_empty_password_is_refused_since_directories_take_it_for_anonymous() -> None:
    with pytest.raises(DirectorySettingsError, match="password of the directory account 'mfa' is empty"):
        DirectorySettings(SERVERS, "dc=example,dc=com", "mfa", b"")


def test_a_directory_needs_a_server() -> None:
    with pytest.raises(DirectorySettingsError, match="at least one server"):
        DirectorySettings((), "dc=example,dc=com", "mfa", b"x")


@pytest.mark.parametrize(
    ("kind", "usernames", "identifier"),
    [
        (DirectoryType.ACTIVE_DIRECTORY, ("sAMAccountName", "userPrincipalName"), "objectGUID"),
        (DirectoryType.OPENLDAP, ("uid",), "entryUUID"),
        (DirectoryType.OTHER, ("uid", "cn"), "entryUUID"),
    ],
)
def test_each_type_has_its_attribute_names(kind: DirectoryType, usernames: tuple[str, ...], identifier: str) -> None:
    made = settings(kind=kind)
    assert (made.usernames, made.id) == (usernames, identifier)


def test_attribute_names_that_are_given_count() -> None:
    made = DirectorySettings(SERVERS, "o=x", "cn=m", b"x", username_attributes=("mail",), id_attribute="nsUniqueId")
    assert (made.usernames, made.id) == (("mail",), "nsUniqueId")


def test_the_registered_ports() -> None:
    assert (default_port(TlsMode.LDAPS), default_port(TlsMode.START_TLS)) == (636, 389)


def test_an_ipv6_address_is_written_in_brackets() -> None:
    assert str(ServerAddress("2001:db8::1", 636)) == "[2001:db8::1]:636"


def test_names_and_authorities_are_always_verified(authority: Authority) -> None:
    for ca_pem in (None, authority.ca_file.read_bytes()):
        context = tls_context(settings(ca_pem))
        assert context.check_hostname
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_only_the_given_authority_is_trusted(authority: Authority) -> None:
    assert tls_context(settings(authority.ca_file.read_bytes())).cert_store_stats()["x509"] == 1


@pytest.mark.parametrize("ca_pem", [b"", b"  \n", b"no certificate", "größer".encode()])
def test_an_authority_that_cannot_be_read_never_means_the_systems(ca_pem: bytes) -> None:
    with pytest.raises(DirectorySettingsError, match="certificate authority cannot be read"):
        tls_context(settings(ca_pem))
