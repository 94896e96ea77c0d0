"""Text messages through several providers: the first that takes a message wins."""

from collections.abc import Sequence
from typing import Protocol

from typing_extensions import override

from mfa_server.auth.ports import Notifier, NotSentError, TextMessage

__all__ = ["Observer", "TextNotifier", "TextProvider"]


class TextProvider(Protocol):
    """One way to send a text message, under the name the manifest gives it."""

    name: str

    async def send(self, message: TextMessage) -> None:
        """Hand the message on. Returning means that the provider took it. Raises NotSentError, without the body."""
        ...


class Observer(Protocol):
    """Is told what became of each message at each provider."""

    def __call__(self, provider: str, *, sent: bool) -> None:
        """Take note."""
        ...


class TextNotifier(Notifier):
    """Tries the providers in the manifest's order; ``observe`` is told how each did."""

    def __init__(self, providers: Sequence[TextProvider], observe: Observer | None = None) -> None:
        self._providers = tuple(providers)
        self._observe = observe

    @override
    async def send_text(self, message: TextMessage) -> None:
        """Send through the first provider that takes the message. Raises NotSentError naming every failure, never the body."""
        if not self._providers:
            raise NotSentError(
                "the server group has no text message provider", hint="add one under spec.textMessage.providers"
            )
        failures = []
        for provider in self._providers:
            try:
                await provider.send(message)
            except NotSentError as error:
                failures.append(f"{provider.name}: {error.message}")
                self._tell(provider.name, sent=False)
            else:
                self._tell(provider.name, sent=True)
                return
        raise NotSentError(
            f"no provider took the text message ({'; '.join(failures)})", hint="see spec.textMessage.providers"
        )

    def _tell(self, provider: str, *, sent: bool) -> None:
        if self._observe is not None:
            self._observe(provider, sent=sent)
