"""The OATH token as a factor."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from mfa_server.auth.attempt import ClientPolicy, Method
from mfa_server.auth.ports import CodeOutcome
from mfa_server.factors.oath_token import OathTokenFactor
from mfa_server.factors.totp import code_at, step_at
from mfa_server.store.errors import SealError
from mfa_server.store.records import Snapshot, Token, TokenUse, UserState

__all__: list[str] = []

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
STEP = step_at(NOW, 30)
POLICY = ClientPolicy("mfa/netscaler", "Gateway")
FIRST, SECOND = b"first-secret-of-anna", b"second-secret-of-her"


def _unseal(token: Token) -> bytes:
    if token.secret == b"broken":
        raise SealError("a sealed field does not open", hint="restore the key")
    return token.secret


FACTOR = OathTokenFactor(_unseal)


def _token(number: int, secret: bytes, last_step: int = -1) -> Token:
    return Token(UUID(int=number), "id-1", secret, last_step=last_step)


def _snapshot(*tokens: Token) -> Snapshot:
    return Snapshot(None, UserState("id-1"), tokens=tokens)


def test_a_code_of_any_token_is_accepted_and_says_what_to_use_up() -> None:
    verdict = FACTOR.verify(code_at(SECOND, STEP), _snapshot(_token(1, FIRST), _token(2, SECOND)), POLICY, NOW)
    assert verdict.outcome is CodeOutcome.ACCEPTED
    assert (verdict.method, verdict.token_use) == (Method.OATH_TOKEN.value, TokenUse(UUID(int=2), STEP))


def test_a_code_accepted_before_is_used_and_consumes_nothing() -> None:
    verdict = FACTOR.verify(code_at(FIRST, STEP), _snapshot(_token(1, FIRST, STEP), _token(2, SECOND)), POLICY, NOW)
    assert (verdict.outcome, verdict.token_use) == (CodeOutcome.USED, None)


def test_the_same_secret_in_two_tokens_is_accepted_where_one_has_not_used_it() -> None:
    tokens = (_token(1, FIRST), _token(2, FIRST, STEP))
    for order in (tokens, tokens[::-1]):
        assert FACTOR.verify(code_at(FIRST, STEP), _snapshot(*order), POLICY, NOW).token_use == TokenUse(
            UUID(int=1), STEP
        )


@pytest.mark.parametrize("tokens", [(), (_token(1, FIRST),), (_token(1, b"broken"),)])
def test_no_token_another_code_and_a_token_that_does_not_open_are_wrong(tokens: tuple[Token, ...]) -> None:
    assert FACTOR.verify(code_at(SECOND, STEP), _snapshot(*tokens), POLICY, NOW).outcome is CodeOutcome.WRONG


def test_a_token_that_does_not_open_does_not_hide_the_others() -> None:
    snapshot = _snapshot(_token(1, b"broken"), _token(2, SECOND))
    assert FACTOR.verify(code_at(SECOND, STEP), snapshot, POLICY, NOW).outcome is CodeOutcome.ACCEPTED


def test_the_policy_decides_whether_tokens_count_and_how_far_clocks_may_drift() -> None:
    snapshot, code = _snapshot(_token(1, FIRST)), code_at(FIRST, STEP - 2)
    text_only = ClientPolicy("mfa/netscaler", "Gateway", allowed_methods=frozenset({Method.TEXT_MESSAGE}))
    assert FACTOR.verify(code, snapshot, POLICY, NOW).outcome is CodeOutcome.WRONG
    wider = ClientPolicy("mfa/netscaler", "Gateway", oath_drift=2)
    assert FACTOR.verify(code, snapshot, wider, NOW).outcome is CodeOutcome.ACCEPTED
    assert FACTOR.verify(code_at(FIRST, STEP), snapshot, text_only, NOW).outcome is CodeOutcome.WRONG
