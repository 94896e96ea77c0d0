"""Codes in text messages: made, worded, read back from a reply, and compared without being kept.

Two ways: *two-way*, where the person answers the message with its code while the logon waits, and *one-way*, where the code is typed
after the password at the next try. Only a keyed hash of a code is ever stored; ``code_hash`` binds it to what it was made for, so
that a row copied to another logon or user fits nothing.
"""

import hmac
import unicodedata
from datetime import datetime
from enum import StrEnum

from typing_extensions import override

from mfa_server.auth.attempt import ClientPolicy, Method
from mfa_server.auth.ports import (
    CodeFactor,
    CodeOutcome,
    CodeVerdict,
    Notifier,
    PromptFactor,
    Question,
    TextMessage,
)
from mfa_server.clock import Randomness
from mfa_server.store.records import Snapshot, User

__all__ = [
    "MAXIMUM_DIGITS",
    "MINIMUM_DIGITS",
    "TextMessageFactor",
    "TextMode",
    "code_fits",
    "code_hash",
    "make_code",
    "normalise_reply",
    "render",
]

MINIMUM_DIGITS = 4
MAXIMUM_DIGITS = 10
MAXIMUM_REPLY = 64
"""Characters of a reply that are looked at: a longer text is no code."""
BETWEEN_DIGITS = frozenset(" \t\r\n\u00a0-–—.,;:_/'\"()")
"""What people, phones and gateways put around and between digits."""


class TextMode(StrEnum):
    """How a code comes back, named as in the manifests."""

    ONE_WAY = "OneWay"
    TWO_WAY = "TwoWay"


TEXTS = {
    ("en", TextMode.TWO_WAY): "{application}: reply with {code} to sign in",
    ("en", TextMode.ONE_WAY): "{application}: your code is {code}; type it after your password",
}
"""The built-in wording by language and mode. An administrator's own texts (``spec.messages``) take its place when they are built."""
DEFAULT_LANGUAGE = "en"


def make_code(randomness: Randomness, digits: int = 6) -> str:
    """Return an unpredictable code of ``digits`` decimal digits. Raises ValueError below 4 and above 10."""
    if not MINIMUM_DIGITS <= digits <= MAXIMUM_DIGITS:
        raise ValueError(f"a code has {MINIMUM_DIGITS} to {MAXIMUM_DIGITS} digits, not {digits}")
    return randomness.digits(digits)


def normalise_reply(reply: str) -> str:
    """Return the code a person meant by a typed reply: separators dropped, digits of other scripts made ASCII.

    Anything that is not digits after that (words, an empty text, more than 64 characters) becomes the empty text, which fits no code.
    """
    if len(reply) > MAXIMUM_REPLY:
        return ""
    compact = [character for character in unicodedata.normalize("NFKC", reply) if character not in BETWEEN_DIGITS]
    digits = [unicodedata.decimal(character, None) for character in compact]
    return "" if None in digits else "".join(str(digit) for digit in digits)


def render(application: str, code: str, mode: TextMode, locale: str = DEFAULT_LANGUAGE) -> str:
    """Return the message's body. ``locale`` may name a region (``de-AT``); a language without a text falls back to English."""
    language = locale.replace("_", "-").partition("-")[0].lower()
    template = TEXTS.get((language, mode), TEXTS[DEFAULT_LANGUAGE, mode])
    return template.format(application=application, code=code)


def code_hash(key: bytes, context: str, code: str) -> bytes:
    """Return HMAC-SHA256 of a code under ``key``, bound to ``context`` (the attempt's id, or user and client for a one-way code)."""
    bound = context.encode("utf-8", "surrogatepass")
    # the length in front keeps "ab" + "c" and "a" + "bc" apart
    return hmac.digest(key, len(bound).to_bytes(4, "big") + bound + code.encode("utf-8", "surrogatepass"), "sha256")


def code_fits(key: bytes, context: str, code: str, expected: bytes) -> bool:
    """Compare a normalised reply with a stored hash in constant time. An empty code and an empty hash fit nothing."""
    return hmac.compare_digest(code_hash(key, context, code), expected) and bool(code) and bool(expected)


class TextMessageFactor(CodeFactor, PromptFactor):
    """The text message as a factor: asks and takes the reply (two-way), or sends a code to be typed (one-way)."""

    def __init__(self, notifier: Notifier, key: bytes, randomness: Randomness) -> None:
        self._notifier = notifier
        self._key = key
        self._randomness = randomness

    @override
    def usable(self, user: User) -> bool:
        return bool(user.phone)

    @override
    def question(self, user: User, policy: ClientPolicy, context: str, *, one_way: bool) -> Question:
        digits = policy.code_digits if one_way else 6
        code = make_code(self._randomness, digits)
        mode = TextMode.ONE_WAY if one_way else TextMode.TWO_WAY
        body = render(policy.application, code, mode, user.language or policy.locale)
        message = TextMessage(user.phone, body, user.username)
        return Question(code_hash(self._key, context, code), message)

    @override
    def matches(self, code: str, code_hash: bytes, context: str) -> bool:
        return code_fits(self._key, context, normalise_reply(code), code_hash)

    @override
    async def send(self, question: Question) -> None:
        await self._notifier.send_text(question.message)

    @override
    def verify(self, code: str, snapshot: Snapshot, policy: ClientPolicy, now: datetime) -> CodeVerdict:
        accepted = CodeVerdict(CodeOutcome.WRONG)
        if Method.TEXT_MESSAGE not in policy.allowed_methods:
            return accepted
        for sent in snapshot.sent_codes:
            here = sent.client == policy.client and sent.method == Method.TEXT_MESSAGE.value
            good = here and now < sent.expires_at and sent.epoch == snapshot.state.epoch
            if code_fits(self._key, str(sent.code_id), code, sent.code_hash) and good:
                accepted = CodeVerdict(CodeOutcome.ACCEPTED, Method.TEXT_MESSAGE.value, sent_code=sent.code_id)
        return accepted
