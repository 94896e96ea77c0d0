import pytest

from mfa_server.ldap import errors
from mfa_server.ldap.errors import (
    DistinguishedNameError,
    FilterError,
    LdapError,
    LocalMisuse,
    MessageTooLarge,
    ProtocolViolation,
)
from mfa_server.ldap.results import ResultCode


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name != "LdapError"])
def test_every_error_of_the_room_has_its_base(name):
    assert issubclass(getattr(errors, name), LdapError)


def test_a_violation_knows_the_result_code_of_its_notice():
    assert ProtocolViolation("x").result_code is ResultCode.PROTOCOL_ERROR
    assert ProtocolViolation("x", ResultCode.BUSY).result_code is ResultCode.BUSY
    assert issubclass(MessageTooLarge, ProtocolViolation)
    assert not issubclass(LocalMisuse, ProtocolViolation)


@pytest.mark.parametrize("kind", [FilterError, DistinguishedNameError])
def test_an_error_in_text_tells_where(kind):
    error = kind("is wrong", 7)
    assert error.position == 7
    assert "character 7: is wrong" in str(error)
