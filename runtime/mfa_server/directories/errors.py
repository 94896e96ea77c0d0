"""What can go wrong between this program and a directory server.

::

    DirectoryUnavailableError (auth.ports)
    ├── ConnectFailedError       no connection came to be: nothing was sent, another server may be asked
    ├── ConnectionLostError      a connection ended with operations in flight; ``possibly_processed`` tells whether one may have counted
    ├── OwnBindRefusedError      the directory refuses the account this program binds as
    └── SearchFailedError        a search ended with a result other than success
    DirectorySettingsError       the settings cannot be used: not a matter of trying again

All of the first four mean "cannot tell", so whoever asked must refuse.
"""

from mfa_server.auth.ports import DirectoryUnavailableError
from mfa_server.errors import MfaError

__all__ = [
    "ConnectFailedError",
    "ConnectionLostError",
    "DirectorySettingsError",
    "OwnBindRefusedError",
    "SearchFailedError",
]


class ConnectFailedError(DirectoryUnavailableError):
    """No connection to a server: refused, timed out, or its certificate is not to be trusted. Nothing was sent."""

    code = "directoryConnectFailed"


class ConnectionLostError(DirectoryUnavailableError):
    """A connection ended, or its server stayed silent too long, while an operation waited for its answer."""

    code = "directoryConnectionLost"

    def __init__(self, message: str, *, possibly_processed: bool) -> None:
        super().__init__(message)
        self.possibly_processed = possibly_processed


class OwnBindRefusedError(DirectoryUnavailableError):
    """The directory refuses a bind this program makes for its searches. ``result_code`` is the directory's."""

    code = "directoryBindRefused"

    def __init__(self, message: str, *, result_code: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.result_code = result_code


class SearchFailedError(DirectoryUnavailableError):
    """A search ended with ``result_code`` instead of success."""

    code = "directorySearchFailed"

    def __init__(self, message: str, *, result_code: int) -> None:
        super().__init__(message)
        self.result_code = result_code


class DirectorySettingsError(MfaError):
    """The directory's settings cannot be used as they are."""

    code = "directorySettings"
