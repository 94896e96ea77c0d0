"""The end of a logon."""

import pytest

from mfa_server.auth.decision import Answer, Decision
from mfa_server.auth.reasons import GRANTS, Reason


@pytest.mark.parametrize("reason", list(Reason))
def test_whether_somebody_gets_in_follows_from_the_reason_alone(reason):
    for answer in Answer:
        assert Decision(reason, answer).granted is (reason in GRANTS)
