"""Internal identities: exactly one form counts, everything else is nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.certificates.names import InternalIdentity, Role


def test_an_identity_and_its_uri_are_the_same_thing() -> None:
    identity = InternalIdentity("mfa", "main", Role.SERVER)
    assert identity.uri == "mfa://mfa/main/server"
    assert InternalIdentity.parse(identity.uri) == identity


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "mfa://mfa/main",
        "mfa://mfa/main/",
        "mfa://mfa/main/root",
        "mfa://mfa/main/Server",
        "mfa://mfa/main/server/",
        "mfa://mfa/main/server\n",
        " mfa://mfa/main/server",
        "MFA://mfa/main/server",
        "https://mfa/main/server",
        "mfa:///main/server",
        "mfa://mfa//server",
        "mfa://mfa/main/server?x",
        "mfa://user@mfa/main/server",
        "mfa://mfa/ma%69n/server",
        f"mfa://{'n' * 300}/main/server",
    ],
)
def test_any_other_form_is_nobody(uri: str) -> None:
    assert InternalIdentity.parse(uri) is None


@given(st.text())
def test_any_text_is_an_identity_that_writes_itself_back_or_nobody(text: str) -> None:
    identity = InternalIdentity.parse(text)
    assert identity is None or identity.uri == text
