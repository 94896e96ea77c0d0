"""The closed list of reasons."""

import re

from mfa_server.auth.reasons import GRANTS, Reason, describe


def test_every_reason_reads_as_a_sentence_and_is_stable_camel_case():
    for reason in Reason:
        assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", reason.value)
        assert describe(reason)[0].islower()
        assert not describe(reason).endswith(".")


def test_the_reasons_that_grant_are_few_and_named():
    assert sorted(GRANTS) == [
        "anonymous",
        "codeAccepted",
        "factorCompleted",
        "noMethodAllowed",
        "redelivered",
        "serviceAccount",
        "userDisabledAllowed",
        "userUnknownAllowed",
    ]
