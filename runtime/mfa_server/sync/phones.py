"""Phone numbers as people type them into directories, turned into E.164 or refused: decisions only.

Numbers are judged by their country's numbering plan, not by their length: a local number without its area code is
"possible" and still reaches somebody else.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

import phonenumbers

__all__ = ["Phone", "normalise_phone"]

MAX_TEXT: Final = 200
_ALTERNATIVES: Final = re.compile(r"[/,;|\n$]| or | oder | ou ", re.IGNORECASE)
_RFC3966_EXTENSION: Final = re.compile(r";ext=", re.IGNORECASE)
_REMARK: Final = re.compile(r"\([^0-9()]*\)")
_LABEL: Final = re.compile(r"^\s*(?:tel:|[^\W\d_][\w .-]*:)\s*", re.IGNORECASE)
_EXTENSION: Final = re.compile(r"(?:ext(?:ension)?\.?|x|#)\s*\d{1,7}\s*$", re.IGNORECASE)
_FICTION: Final = ("+447700900", "+441632960")
"""Ofcom's ranges for drama, which no numbering plan holds: they reach nobody, and manuals and demonstrations use them."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that can be dialled. ``extension`` is to be dialled after the answer: no text reaches it."""

    number: str
    """E.164 with the plus."""
    extension: str = ""


def normalise_phone(text: str, region: str | None) -> Phone | None:
    """Return the first number in ``text`` that is valid, one without an extension before one with; None: there is none.

    ``region`` (ISO 3166, such as ``GB``) is whose national numbers are meant; None: only international ones are taken.
    """
    cleaned = _RFC3966_EXTENSION.sub(" ext. ", unicodedata.normalize("NFKC", text[:MAX_TEXT]))
    cleaned = "".join(character for character in cleaned if unicodedata.category(character) != "Cf")
    found: Phone | None = None
    for part in _ALTERNATIVES.split(cleaned)[:8]:
        phone = _one(_REMARK.sub("", _LABEL.sub("", part)).strip(), region)
        if phone is not None and not phone.extension:
            return phone
        found = found or phone
    return found


def _one(text: str, region: str | None) -> Phone | None:
    without_extension = _EXTENSION.sub("", text)
    if not any(character.isdigit() for character in text) or any(map(str.isalpha, without_extension)):
        return None  # letters would be dialled as digits
    spellings = [text]
    if text.startswith("00"):
        spellings.append("+" + text[2:])  # the international prefix of most of the world
    elif not text.startswith("+"):
        spellings.append("+" + text)
    for spelling in spellings:
        phone = _parsed(spelling, region)
        if phone is not None:
            return phone
    return None


def _parsed(text: str, region: str | None) -> Phone | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    fictional = written.startswith(_FICTION) and len(written) == len("+447700900123")
    if not fictional and not phonenumbers.is_valid_number(number):
        return None
    return Phone(written, number.extension or "")
