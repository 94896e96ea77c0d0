"""Filters against an entry."""

import pytest

from mfa_server.demo.matching import matches
from mfa_server.ldap import parse_filter

ANNA = {
    "objectclass": (b"top", b"user"),
    "cn": (b"Anna Archer",),
    "samaccountname": (b"anna",),
    "useraccountcontrol": (b"514",),
    "memberof": (b"CN=mfa-users,OU=groups,DC=example,DC=com",),
    "objectguid": (b"\xff\x00\x01",),
}


@pytest.mark.parametrize(
    "text",
    [
        "(objectClass=*)",
        "(CN=anna archer)",
        "(cn=Anna*)",
        "(cn=*rch*)",
        "(cn=a*a*ch*er)",
        "(cn=*er)",
        "(cn~=ANNA ARCHER)",
        "(&(objectClass=user)(sAMAccountName=anna))",
        "(|(cn=bert)(cn=anna archer))",
        "(!(cn=bert))",
        "(!(&(cn=anna archer)(cn=bert)))",
        "(userAccountControl>=514)",
        "(userAccountControl<=600)",
        "(userAccountControl>=9)",
        "(userAccountControl:1.2.840.113556.1.4.803:=2)",
        "(userAccountControl:1.2.840.113556.1.4.804:=3)",
        "(memberOf=cn=mfa-users, ou=groups,dc=example,dc=com)",
        "(objectGUID=\\ff\\00\\01)",
        "(|(mail=x)(cn=anna archer))",
        "(&)",
    ],
)
def test_what_matches(text: str) -> None:
    assert matches(ANNA, parse_filter(text))


@pytest.mark.parametrize(
    "text",
    [
        "(mail=*)",
        "(cn=anna)",
        "(cn=Anna*Archer*Archer)",
        "(cn=Anna Archer*r)",
        "(cn=*nobody*)",
        "(cn=bert*)",
        "(!(cn=anna archer))",
        "(userAccountControl>=1000)",
        "(userAccountControl:1.2.840.113556.1.4.803:=1)",
        "(userAccountControl:1.2.840.113556.1.4.803:=x)",
        "(cn:1.2.3.4:=anna archer)",
        "(memberOf=cn=other,dc=example,dc=com)",
        "(!(mail=x))",
        "(&(cn=anna archer)(mail=x))",
        "(|)",
    ],
)
def test_what_does_not_undefined_included(text: str) -> None:
    assert not matches(ANNA, parse_filter(text))
