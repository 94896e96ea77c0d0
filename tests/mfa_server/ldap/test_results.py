from mfa_server.ldap.results import ResultCode


def test_the_codes_the_pipeline_answers_have_the_numbers_of_rfc_4511():
    assert (
        ResultCode.PROTOCOL_ERROR,
        ResultCode.AUTH_METHOD_NOT_SUPPORTED,
        ResultCode.UNAVAILABLE_CRITICAL_EXTENSION,
        ResultCode.CONFIDENTIALITY_REQUIRED,
        ResultCode.INVALID_CREDENTIALS,
        ResultCode.INSUFFICIENT_ACCESS_RIGHTS,
        ResultCode.BUSY,
        ResultCode.UNAVAILABLE,
        ResultCode.UNWILLING_TO_PERFORM,
    ) == (2, 7, 12, 13, 49, 50, 51, 52, 53)


def test_success_is_the_only_code_that_is_false():
    assert [code for code in ResultCode if not code] == [ResultCode.SUCCESS]
