"""The ``Console`` provider: a text message becomes one line on the server's output.

For demonstrations and for trying manifests without a contract with a text message company. This is the only place in the program
where a code may be printed.
"""

import sys
from typing import TextIO

from mfa_server.auth.ports import NotSentError, TextMessage
from mfa_server.clock import Clock

__all__ = ["ConsoleProvider"]


class ConsoleProvider:
    """Prints every message as one line: time, ``text to``, number, body."""

    def __init__(self, name: str, clock: Clock, stream: TextIO | None = None) -> None:
        self.name = name
        self._clock = clock
        self._stream = stream

    async def send(self, message: TextMessage) -> None:
        """Print the message; line breaks and control characters become blanks, so that one message is one line.

        Raises NotSentError when the output is closed.
        """
        body = "".join(character if character.isprintable() else " " for character in message.body)
        stream = self._stream or sys.stdout  # looked up late: the supervisor may have redirected it
        try:
            stream.write(f"{self._clock.now():%Y-%m-%dT%H:%M:%SZ} text to {message.number}: {body}\n")
            stream.flush()
        except (OSError, ValueError) as error:  # ValueError: the stream was closed
            raise NotSentError(
                f"the console's output does not take text ({type(error).__name__})", hint="is the output a broken pipe?"
            ) from None
