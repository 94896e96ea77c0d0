"""The base of every error this program raises on purpose.

``MfaError`` carries what happened and to what (``message``) and what to do about it (``hint``); ``code`` names the kind of error
for machines (metrics, JSON output, problem documents). Rooms derive their own base from it. Neither text ever holds a secret.
"""

from typing_extensions import override

__all__ = ["MfaError"]


class MfaError(Exception):
    """Something went wrong that a person can act on.

    ``message`` is one sentence in lower case; ``hint`` (may be empty) says what to do; ``code`` is camelCase and stable.
    """

    code = "error"

    def __init__(self, message: str, *, hint: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code

    @override
    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message
