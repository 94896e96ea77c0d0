import dataclasses

import pytest

from mfa_server.ldap import messages
from mfa_server.ldap.messages import (
    Attribute,
    BindRequest,
    Control,
    ExtendedRequest,
    OtherAuthentication,
    RawOperation,
    SaslCredentials,
    SimpleAuthentication,
)

_SECRET = b"correct horse"


@pytest.mark.parametrize(
    "value",
    [
        BindRequest(3, "cn=x", SimpleAuthentication(_SECRET)),
        BindRequest(3, "cn=x", SaslCredentials("PLAIN", _SECRET)),
        BindRequest(3, "cn=x", OtherAuthentication(0x8A, _SECRET)),
        ExtendedRequest("1.3.6.1.4.1.4203.1.11.1", _SECRET),
        Attribute("unicodePwd", (_SECRET,)),
        Control("1.2.3", True, _SECRET),
        RawOperation(0x60, _SECRET),
    ],
)
def test_a_secret_never_shows_in_a_repr(value):
    assert "horse" not in repr(value)


@pytest.mark.parametrize(
    "kind", [kind for name in messages.__all__ if dataclasses.is_dataclass(kind := getattr(messages, name))]
)
def test_every_value_is_frozen_and_slotted(kind):
    assert kind.__dataclass_params__.frozen
    assert "__slots__" in vars(kind)
