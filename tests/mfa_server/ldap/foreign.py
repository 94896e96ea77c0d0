"""How another LDAP client reads filters and names: ldap3, as an oracle and never as a peer."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # ldap3 uses names that its own dependency has renamed
    from ldap3 import NONE, Server
    from ldap3.operation.search import search_operation
    from ldap3.protocol.rfc4511 import LDAPMessage, MessageID, ProtocolOp
    from ldap3.utils.dn import escape_rdn, parse_dn
    from pyasn1.codec.ber import encoder  # type: ignore[import-untyped]

__all__ = ["encode_search", "escape_rdn", "parse_dn"]


def encode_search(filter_text: str) -> bytes:
    """A message with a search for this filter, encoded by ldap3 and pyasn1."""
    schema = Server("test", get_info=NONE).schema
    request = search_operation("", filter_text, "SUBTREE", "NEVER", ["cn"], 0, 0, False, None, None, schema=schema)
    message = LDAPMessage()
    message["messageID"] = MessageID(1)
    message["protocolOp"] = ProtocolOp().setComponentByName("searchRequest", request)
    encoded: bytes = encoder.encode(message)
    return encoded
