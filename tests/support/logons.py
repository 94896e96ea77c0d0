"""Values that logon tests begin with: one person, one gateway, one moment."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from mfa_server.auth.attempt import ClientPolicy, LogonRequest
from mfa_server.auth.form import Credentials
from mfa_server.auth.ports import Identity, PasswordVerdict
from mfa_server.auth.state import Attempt
from mfa_server.store.records import Challenge, Snapshot, User, UserState
from tests.support.clock import START

__all__ = [
    "ACCEPTED",
    "ANNA",
    "CREDENTIAL",
    "IDENTITY",
    "POLICY",
    "WRONG",
    "attempt",
    "challenge",
    "request",
    "snapshot",
]

WRONG_TEXT = "80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data 52e, v4563"
ACCEPTED = PasswordVerdict(accepted=True)
WRONG = PasswordVerdict(accepted=False, code=49, diagnostic=WRONG_TEXT)
IDENTITY = Identity(
    user_id="7f0c",
    dn="CN=Anna,OU=People,DC=example,DC=test",
    dn_key="cn=anna,ou=people,dc=example,dc=test",
    username="anna",
    lockout_threshold=0,
)
ANNA = User(user_id="7f0c", username="anna", dn=IDENTITY.dn, phone="+441632960001")
POLICY = ClientPolicy(client="mfa/netscaler", application="Gateway", separator=",", text_mode="TwoWay")
CREDENTIAL = b"keyed hash of the right password"


def request(**changes) -> LogonRequest:
    """Return a user's bind over TLS."""
    plain = LogonRequest(policy=POLICY, name=IDENTITY.dn, password=b"right", source="192.0.2.10", tls=True)
    return replace(plain, **changes)


def attempt(**changes) -> Attempt:
    """Return a logon that has reached the directory."""
    begun = Attempt(
        logon_id=UUID(int=1),
        server="mfa-0/a",
        started_at=START,
        request=request(),
        credentials=Credentials(b"right"),
        identity=IDENTITY,
        credential=CREDENTIAL,
        snapshot=snapshot(),
        begun=True,
    )
    return replace(begun, **changes)


def snapshot(**changes) -> Snapshot:
    """Return what the store knows of Anna: enabled, nothing open."""
    return replace(Snapshot(user=ANNA, state=UserState(ANNA.user_id, epoch=4)), **changes)


def challenge(**changes) -> Challenge:
    """Return an open challenge of an identical logon at another server."""
    opened = Challenge(
        attempt_id=UUID(int=9),
        user_id=ANNA.user_id,
        client=POLICY.client,
        credential=CREDENTIAL,
        method="TextMessage",
        code_hash=b"hash",
        owner="mfa-1/b",
        generation=2,
        epoch=4,
        takeovers=0,
        waiting=True,
        prompted_at=START,
        expires_at=START + timedelta(seconds=57),
    )
    return replace(opened, **changes)
