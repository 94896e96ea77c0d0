"""The tag octets of the operations (RFC 4511 section 4.2 and on) and which answers which."""

from typing import Final

__all__ = ["FINAL_RESPONSES", "RESPONSES", "RESPONSE_OF", "Tag"]


class Tag:
    """The identifier octet of each operation: class APPLICATION, constructed except for unbind, delete and abandon.

    Plain numbers and no enumeration: they are compared several times for every message.
    """

    BIND_REQUEST: Final = 0x60
    BIND_RESPONSE: Final = 0x61
    UNBIND_REQUEST: Final = 0x42
    SEARCH_REQUEST: Final = 0x63
    SEARCH_RESULT_ENTRY: Final = 0x64
    SEARCH_RESULT_DONE: Final = 0x65
    MODIFY_REQUEST: Final = 0x66
    MODIFY_RESPONSE: Final = 0x67
    ADD_REQUEST: Final = 0x68
    ADD_RESPONSE: Final = 0x69
    DEL_REQUEST: Final = 0x4A
    DEL_RESPONSE: Final = 0x6B
    MODIFY_DN_REQUEST: Final = 0x6C
    MODIFY_DN_RESPONSE: Final = 0x6D
    COMPARE_REQUEST: Final = 0x6E
    COMPARE_RESPONSE: Final = 0x6F
    ABANDON_REQUEST: Final = 0x50
    SEARCH_RESULT_REFERENCE: Final = 0x73
    EXTENDED_REQUEST: Final = 0x77
    EXTENDED_RESPONSE: Final = 0x78
    INTERMEDIATE_RESPONSE: Final = 0x79


RESPONSE_OF: Final[dict[int, int]] = {
    Tag.BIND_REQUEST: Tag.BIND_RESPONSE,
    Tag.SEARCH_REQUEST: Tag.SEARCH_RESULT_DONE,
    Tag.MODIFY_REQUEST: Tag.MODIFY_RESPONSE,
    Tag.ADD_REQUEST: Tag.ADD_RESPONSE,
    Tag.DEL_REQUEST: Tag.DEL_RESPONSE,
    Tag.MODIFY_DN_REQUEST: Tag.MODIFY_DN_RESPONSE,
    Tag.COMPARE_REQUEST: Tag.COMPARE_RESPONSE,
    Tag.EXTENDED_REQUEST: Tag.EXTENDED_RESPONSE,
}
"""The response that ends each request; unbind and abandon have none."""

FINAL_RESPONSES: Final = frozenset(RESPONSE_OF.values())
"""The responses after which an operation is over."""

RESPONSES: Final = FINAL_RESPONSES | {
    Tag.SEARCH_RESULT_ENTRY,
    Tag.SEARCH_RESULT_REFERENCE,
    Tag.INTERMEDIATE_RESPONSE,
}
"""Everything only a server sends."""
