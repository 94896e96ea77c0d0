"""Every failure to ask is one kind of error to whoever decides."""

import pytest

from mfa_server.auth.ports import DirectoryUnavailableError
from mfa_server.directories import errors


@pytest.mark.parametrize(
    "error",
    [
        errors.ConnectFailedError("refused"),
        errors.ConnectionLostError("gone", possibly_processed=True),
        errors.OwnBindRefusedError("refused", result_code=49),
        errors.SearchFailedError("denied", result_code=50),
    ],
)
def test_not_knowing_is_unavailability(error: Exception) -> None:
    assert isinstance(error, DirectoryUnavailableError)


def test_wrong_settings_are_not() -> None:
    assert not isinstance(errors.DirectorySettingsError("no servers"), DirectoryUnavailableError)
