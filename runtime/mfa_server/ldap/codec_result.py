"""LDAPResult (RFC 4511 section 4.1.9) and the responses that are nothing else."""

from collections.abc import Callable
from typing import TypeVar

from mfa_server.ldap.ber import ENUMERATED, Reader, encode_element, encode_integer, encode_octets
from mfa_server.ldap.messages import LDAPResult

__all__ = ["decode_result", "encode_result", "result_decoder", "short_result_code"]

_EMPTY_TEXTS = b"\x04\x00\x04\x00"
_REFERRAL = 0xA3

_Response = TypeVar("_Response")


def decode_result(reader: Reader) -> LDAPResult:
    """Decode the components of an LDAPResult. Raises `ProtocolViolation`.

    The name and the text of a result are for people: octets that are not UTF-8 decode to U+FFFD, since a directory's
    odd text must not cost the answer.
    """
    code = reader.integer(ENUMERATED)
    matched_dn = reader.octets().decode("utf-8", "replace")
    diagnostic_message = reader.octets().decode("utf-8", "replace")
    referral: list[str] = []
    if reader.next_tag() == _REFERRAL:
        uris = reader.enter(_REFERRAL)
        while uris:
            referral.append(uris.text())
    return LDAPResult(code, matched_dn, diagnostic_message, tuple(referral))


def short_result_code(content: bytes) -> int:
    """The code of a result that is nothing but a code, spelt in the shortest way, as most are; -1 for any other."""
    if len(content) == 7 and content[2] < 0x80 and content[:2] == b"\x0a\x01" and content[3:] == _EMPTY_TEXTS:
        return content[2]
    return -1


def encode_result(result: LDAPResult) -> bytes:
    """Encode the components of an LDAPResult, without a header of their own."""
    code = result.result_code
    if 0 <= code < 0x80 and not (result.matched_dn or result.diagnostic_message or result.referral):
        return bytes((ENUMERATED, 1, code)) + _EMPTY_TEXTS  # most answers are this short
    content = encode_integer(code, ENUMERATED)
    content += encode_octets(result.matched_dn.encode())
    content += encode_octets(result.diagnostic_message.encode())
    if result.referral:
        content += encode_element(_REFERRAL, b"".join([encode_octets(uri.encode()) for uri in result.referral]))
    return content


def result_decoder(response: Callable[[LDAPResult], _Response]) -> Callable[[bytes], _Response]:
    """A decoder of a response that is an LDAPResult and nothing else; it raises `ProtocolViolation`."""

    def decode(content: bytes) -> _Response:
        reader = Reader(content, 0, len(content))
        result = decode_result(reader)
        reader.finish()
        return response(result)

    return decode
