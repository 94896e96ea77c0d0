"""A bind as a logon's request, and as the one who waits for the answer."""

from mfa_server.auth.decision import Decision
from mfa_server.ldap import BindRequest, BindRequested, Control, OtherAuthentication, SimpleAuthentication
from mfa_server.servers.ldap_binds import PendingBind, logon_request
from tests.mfa_server.servers.rig import DENIED
from tests.support.logons import POLICY


def request_of(request: BindRequest, *controls: Control):
    return logon_request(
        BindRequested(1, request, controls),
        POLICY,
        "192.0.2.1",
        tls=True,
        service_bound=False,
        searched_services=frozenset({"cn=x"}),
    )


def test_a_simple_bind_brings_its_password() -> None:
    request = request_of(BindRequest(3, "cn=a", SimpleAuthentication(b"pw")))
    assert (request.name, request.password, request.simple, request.tls) == ("cn=a", b"pw", True, True)
    assert request.searched_services == {"cn=x"}
    assert "pw" not in repr(request)


def test_another_mechanism_brings_none() -> None:
    request = request_of(BindRequest(3, "cn=a", OtherAuthentication(0x8A, b"ntlm")))
    assert (request.password, request.simple) == (b"", False)


def test_only_critical_controls_matter() -> None:
    simple = BindRequest(3, "cn=a", SimpleAuthentication(b"pw"))
    assert not request_of(simple, Control("1.2.3")).critical_control
    assert request_of(simple, Control("1.2.3"), Control("1.2.4", criticality=True)).critical_control


def test_an_answer_names_the_bind_it_belongs_to() -> None:
    given: list[tuple[PendingBind, Decision]] = []

    def give(pending: PendingBind, decision: Decision) -> bool:
        given.append((pending, decision))
        return True

    bind = BindRequested(1, BindRequest(3, "cn=a", SimpleAuthentication(b"pw")))
    pending = PendingBind(bind, request_of(bind.request), give)
    pending.abandon()  # without a ticket yet: nobody to tell
    pending.undelivered()
    assert pending.answer(DENIED)
    assert given == [(pending, DENIED)]
