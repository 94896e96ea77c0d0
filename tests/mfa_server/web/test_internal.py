"""The internal port over real mutual TLS: who may call what, what is answered, and that no code comes back."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from starlette.applications import Starlette

from mfa_server.certificates.authority import Authority
from mfa_server.certificates.contexts import internal_client_context, internal_server_context
from mfa_server.certificates.files import ensure_internal, internal_file
from mfa_server.certificates.names import InternalIdentity, Role
from mfa_server.errors import MfaError
from mfa_server.store.records import Server
from mfa_server.web.internal import ServerFacts, StatusSource, internal_app, peer_routes
from mfa_server.web.problems import problem_handlers
from mfa_server.web.readiness import Readiness
from tests.support.clock import START, ManualClock
from tests.support.http import Answer, ask, ask_port, serving_tls

ATTEMPT = UUID("01890000-0000-7000-8000-000000000001")
FACTS = ServerFacts(
    name="mfa-0",
    server_id="mfa-0/aa",
    role="Primary",
    version="0.1.0",
    namespace="mfa",
    group="main",
    bundle_digest="sha256:00",
    bundle_generation=4,
    started_at=START,
    certificates=(("front/ecdsa", START + timedelta(days=90)),),
)


class Handler:
    """A server's logons, as far as peers speak to them."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []

    def superseded(self, attempt_id: UUID, generation: int, reason: str) -> None:
        self.heard.append((attempt_id, generation, reason))

    async def deliver_code(self, attempt_id: UUID, code: str, actor: str) -> str:
        self.heard.append((attempt_id, code, actor))
        return "granted"


class Store:
    """The table of servers and whether the store answers."""

    available = True

    async def ping(self) -> None:
        if not self.available:
            raise MfaError("the store does not answer")

    async def servers(self) -> Sequence[Server]:
        await self.ping()
        return [
            Server("mfa-0/aa", "mfa-0", "unix:/a", START, START),
            Server("mfa-1/bb", "mfa-1", "unix:/b", START, START, "0.1.0", "sha256:00"),
        ]


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def app(handler: Handler, store: Store) -> Starlette:
    clock = ManualClock()
    clock.advance(61.5)
    readiness = Readiness(lambda: True, lambda: True, store.ping)
    return internal_app(StatusSource(lambda: FACTS, readiness, store.servers, clock), handler)


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    ensure_internal(tmp_path, "mfa", "main", [], datetime.now(UTC))
    return tmp_path


def another(certificates: Path, identity: InternalIdentity) -> None:
    """Let the same authority issue for `identity` in the operator's place."""
    authority = Authority.from_pem((certificates / "authorities" / "internal.pem").read_bytes())
    issued = authority.issue_internal(identity, [], datetime.now(UTC), timedelta(days=1))
    internal_file(certificates, Role.OPERATOR).write_bytes(issued.pem)


async def call(
    app: Starlette, certificates: Path, role: Role, path: str, method: str = "GET", body: bytes = b""
) -> Answer:
    async with serving_tls(app, internal_server_context(certificates)) as port:
        return await ask_port(port, path, method, body, internal_client_context(certificates, role))


@pytest.mark.parametrize("role", [Role.SERVER, Role.OPERATOR])
async def test_servers_and_the_operator_read_the_status(app: Starlette, certificates: Path, role: Role) -> None:
    status, body = await call(app, certificates, role, "/status")
    assert status == 200
    assert json.loads(body) == {
        "name": "mfa-0",
        "id": "mfa-0/aa",
        "role": "Primary",
        "version": "0.1.0",
        "group": "mfa/main",
        "bundle": {"digest": "sha256:00", "generation": 4},
        "uptimeSeconds": 61,
        "certificates": [{"name": "front/ecdsa", "notAfter": "2031-06-02T09:00:00+00:00"}],
        "ready": True,
        "missing": [],
        "degraded": "Normal",
        "peers": [
            {
                "name": "mfa-1",
                "id": "mfa-1/bb",
                "version": "0.1.0",
                "bundle": "sha256:00",
                "seenAt": "2031-03-04T09:00:00+00:00",
            }
        ],
    }


async def test_the_status_is_told_while_the_store_does_not_answer(
    app: Starlette, certificates: Path, store: Store
) -> None:
    store.available = False
    status, body = await call(app, certificates, Role.OPERATOR, "/status")
    assert status == 200
    document = json.loads(body)
    assert (document["ready"], document["missing"]) == (False, ["store"])
    assert document["peersUnknown"] == "the store does not answer"
    assert "peers" not in document


@pytest.mark.parametrize(
    "identity",
    [InternalIdentity("mfa", "main", Role.PORTAL), InternalIdentity("mfa", "other", Role.OPERATOR)],
    ids=["a role that may not", "another group's operator"],
)
async def test_a_certificate_of_the_authority_is_not_enough(
    app: Starlette, certificates: Path, handler: Handler, identity: InternalIdentity
) -> None:
    another(certificates, identity)
    for path, method in (("/status", "GET"), ("/internal/superseded", "POST"), ("/internal/answers", "POST")):
        status, body = await call(app, certificates, Role.OPERATOR, path, method)
        assert status == 403
        assert json.loads(body)["code"] == "forbidden"
    assert handler.heard == []


async def test_the_operator_brings_no_answers(app: Starlette, certificates: Path, handler: Handler) -> None:
    body = json.dumps({"attempt_id": str(ATTEMPT), "code": "123456", "actor": "anna"}).encode()
    assert (await call(app, certificates, Role.OPERATOR, "/internal/answers", "POST", body))[0] == 403
    assert handler.heard == []


async def test_without_mutual_tls_nobody_is_served(app: Starlette, tmp_path: Path) -> None:
    assert (await ask(app, tmp_path, "/status"))[0] == 403


async def test_a_server_is_told_and_asked(app: Starlette, certificates: Path, handler: Handler) -> None:
    told = json.dumps({"attempt_id": str(ATTEMPT), "generation": 2, "reason": "takenOver"}).encode()
    asked = json.dumps({"attempt_id": str(ATTEMPT), "code": "123456", "actor": "anna"}).encode()
    assert await call(app, certificates, Role.SERVER, "/internal/superseded", "POST", told) == (204, b"")
    answer = await call(app, certificates, Role.SERVER, "/internal/answers", "POST", asked)
    assert answer == (200, b'{"outcome":"granted"}')
    assert handler.heard == [(ATTEMPT, 2, "takenOver"), (ATTEMPT, "123456", "anna")]


GOOD_ANSWER = {"attempt_id": str(ATTEMPT), "code": "493817", "actor": "anna"}
GOOD_SUPERSEDED = {"attempt_id": str(ATTEMPT), "generation": 0, "reason": "takenOver"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("answers", b""),
        ("answers", b"493817"),
        ("answers", b'{"code": "493817"'),
        ("answers", json.dumps({**GOOD_ANSWER, "attempt_id": "493817"}).encode()),
        ("answers", json.dumps({**GOOD_ANSWER, "code": ""}).encode()),
        ("answers", json.dumps({**GOOD_ANSWER, "code": "493817" * 20}).encode()),
        ("answers", json.dumps({**GOOD_ANSWER, "code": 493817}).encode()),
        ("answers", json.dumps({**GOOD_ANSWER, "actor": "493817" * 100}).encode()),
        ("answers", json.dumps({**GOOD_ANSWER, "more": "493817"}).encode()),
        ("superseded", json.dumps({**GOOD_SUPERSEDED, "generation": -1}).encode()),
        ("superseded", json.dumps({**GOOD_SUPERSEDED, "generation": "1"}).encode()),
        ("superseded", json.dumps({**GOOD_SUPERSEDED, "reason": "a\nb"}).encode()),
    ],
)
async def test_a_body_that_is_not_as_agreed_is_refused_without_repeating_it(
    handler: Handler, tmp_path: Path, path: str, body: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    app = Starlette(routes=peer_routes(handler), exception_handlers=problem_handlers())
    status, answer = await ask(app, tmp_path, f"/internal/{path}", "POST", body)
    written = capsys.readouterr()
    assert status == 400
    assert "493817" not in answer.decode() + written.out + written.err
    assert handler.heard == []


async def test_a_body_that_is_too_long_is_not_read(handler: Handler, tmp_path: Path) -> None:
    app = Starlette(routes=peer_routes(handler), exception_handlers=problem_handlers())
    assert (await ask(app, tmp_path, "/internal/answers", "POST", b" " * 5000))[0] == 413
