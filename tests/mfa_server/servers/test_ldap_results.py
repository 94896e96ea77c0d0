"""From decisions to results of binds, over every answer and every reason there is."""

import itertools

import pytest

from mfa_server.auth.decision import Answer, Decision
from mfa_server.auth.ports import PasswordVerdict
from mfa_server.auth.reasons import GRANTS, Reason
from mfa_server.ldap import ResultCode
from mfa_server.servers.ldap_results import BUSY_STOPPING, NO_CLIENT, bind_result

AD_TEXT = "80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data 52e, v4563"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer.INVALID_CREDENTIALS, 49),
        (Answer.UNAVAILABLE, 52),
        (Answer.UNWILLING, 53),
        (Answer.CONFIDENTIALITY_REQUIRED, 13),
        (Answer.AUTH_METHOD_NOT_SUPPORTED, 7),
        (Answer.PROTOCOL_ERROR, 2),
        (Answer.CRITICAL_EXTENSION, 12),
        (Answer.GRANTED, 49),
        (Answer.DIRECTORY_ANSWER, 49),
    ],
)
def test_refusals_have_their_codes(answer: Answer, code: int) -> None:
    assert bind_result(Decision(Reason.FACTOR_DENIED, answer)).result_code == code


def test_success_is_sent_for_a_grant_and_for_nothing_else() -> None:
    verdict = PasswordVerdict(accepted=True)
    for reason, answer in itertools.product(Reason, Answer):
        result = bind_result(Decision(reason, answer, verdict=verdict))
        assert (result.result_code == 0) == (reason in GRANTS and answer is Answer.GRANTED), (reason, answer)


@pytest.mark.parametrize("answer", [answer for answer in Answer if answer is not Answer.DIRECTORY_ANSWER])
def test_no_text_of_ours_looks_like_a_sub_code(answer: Answer) -> None:
    for result in (bind_result(Decision(Reason.FACTOR_EXPIRED, answer)), NO_CLIENT, BUSY_STOPPING):
        assert "data " not in result.diagnostic_message


def test_the_directory_s_answer_passes_unchanged() -> None:
    verdict = PasswordVerdict(accepted=False, code=49, matched_dn="dc=x", diagnostic=AD_TEXT)
    result = bind_result(Decision(Reason.WRONG_PASSWORD, Answer.DIRECTORY_ANSWER, verdict=verdict))
    assert (result.result_code, result.matched_dn, result.diagnostic_message) == (49, "dc=x", AD_TEXT)


@pytest.mark.parametrize("code", [0, 10])
def test_a_directory_s_success_or_referral_is_not_passed_as_its_refusal(code: int) -> None:
    verdict = PasswordVerdict(accepted=False, code=code)
    result = bind_result(Decision(Reason.DIRECTORY_REFUSED, Answer.DIRECTORY_ANSWER, verdict=verdict))
    assert result.result_code in (ResultCode.INVALID_CREDENTIALS, ResultCode.UNAVAILABLE)
