"""The tag octets of the operations (RFC 4511 section 4.2 and on) and which answers which."""

from enum import IntEnum
from typing import Final

__all__ = ["FINAL_RESPONSES", "RESPONSES", "RESPONSE_OF", "Tag"]


class Tag(IntEnum):
    """The identifier octet of each operation: class APPLICATION, constructed except for unbind, delete and abandon."""

    BIND_REQUEST = 0x60
    BIND_RESPONSE = 0x61
    UNBIND_REQUEST = 0x42
    SEARCH_REQUEST = 0x63
    SEARCH_RESULT_ENTRY = 0x64
    SEARCH_RESULT_DONE = 0x65
    MODIFY_REQUEST = 0x66
    MODIFY_RESPONSE = 0x67
    ADD_REQUEST = 0x68
    ADD_RESPONSE = 0x69
    DEL_REQUEST = 0x4A
    DEL_RESPONSE = 0x6B
    MODIFY_DN_REQUEST = 0x6C
    MODIFY_DN_RESPONSE = 0x6D
    COMPARE_REQUEST = 0x6E
    COMPARE_RESPONSE = 0x6F
    ABANDON_REQUEST = 0x50
    SEARCH_RESULT_REFERENCE = 0x73
    EXTENDED_REQUEST = 0x77
    EXTENDED_RESPONSE = 0x78
    INTERMEDIATE_RESPONSE = 0x79


RESPONSE_OF: Final[dict[int, Tag]] = {
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

FINAL_RESPONSES: Final = frozenset(int(tag) for tag in RESPONSE_OF.values())
"""The responses after which an operation is over."""

RESPONSES: Final = FINAL_RESPONSES | {
    int(Tag.SEARCH_RESULT_ENTRY),
    int(Tag.SEARCH_RESULT_REFERENCE),
    int(Tag.INTERMEDIATE_RESPONSE),
}
"""Everything only a server sends."""
