"""What a gateway sees of the root DSE."""

from mfa_server.directories.root_dse import rewrite_root_dse
from mfa_server.ldap import Attribute, oids

THEIRS = (
    Attribute("defaultNamingContext", (b"DC=example,DC=com",)),
    Attribute("supportedSASLMechanisms", (b"GSSAPI", b"EXTERNAL")),
    Attribute("supportedExtension", (oids.AD_FAST_BIND.encode(), oids.PASSWORD_MODIFY.encode())),
    Attribute("supportedControl", (oids.PAGED_RESULTS.encode(), oids.PROXIED_AUTHORIZATION.encode(), b"\xff")),
    Attribute("SUPPORTEDLDAPVERSION", (b"2", b"3")),
    Attribute("altServer", (b"ldap://dc2.example.com/",)),
)


def shown() -> dict[str, tuple[bytes, ...]]:
    return {attribute.description: attribute.values for attribute in rewrite_root_dse(THEIRS)}


def test_only_what_passes_here_is_announced() -> None:
    assert shown() == {
        "defaultNamingContext": (b"DC=example,DC=com",),
        "supportedControl": (oids.PAGED_RESULTS.encode(),),
        "supportedExtension": (oids.START_TLS.encode(), oids.WHO_AM_I.encode()),
        "supportedLDAPVersion": (b"3",),
    }


def test_no_other_mechanism_and_no_other_server_is_named() -> None:
    assert not {"supportedSASLMechanisms", "altServer"} & set(shown())
