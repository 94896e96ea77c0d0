"""Object identifiers this product sends, recognises or decides by, with the document that assigns each."""

from typing import Final

__all__ = [
    "AD_FAST_BIND",
    "CANCEL",
    "DIR_SYNC",
    "MATCHING_RULE_IN_CHAIN",
    "NOTICE_OF_DISCONNECTION",
    "PAGED_RESULTS",
    "PASSWORD_MODIFY",
    "PASSWORD_POLICY",
    "PERSISTENT_SEARCH",
    "PROXIED_AUTHORIZATION",
    "PROXIED_AUTHORIZATION_V1",
    "SERVER_SORT",
    "START_TLS",
    "SYNC_REQUEST",
    "VIRTUAL_LIST_VIEW",
    "WHO_AM_I",
]

# Extended operations and notifications
START_TLS: Final = "1.3.6.1.4.1.1466.20037"  # RFC 4511 4.14
NOTICE_OF_DISCONNECTION: Final = "1.3.6.1.4.1.1466.20036"  # RFC 4511 4.4.1
WHO_AM_I: Final = "1.3.6.1.4.1.4203.1.11.3"  # RFC 4532
PASSWORD_MODIFY: Final = "1.3.6.1.4.1.4203.1.11.1"  # noqa: S105 - RFC 3062, an identifier and no secret
CANCEL: Final = "1.3.6.1.1.8"  # RFC 3909
AD_FAST_BIND: Final = "1.2.840.113556.1.4.1781"  # MS-ADTS 3.1.1.3.4.2.3

# Controls
PAGED_RESULTS: Final = "1.2.840.113556.1.4.319"  # RFC 2696
SERVER_SORT: Final = "1.2.840.113556.1.4.473"  # RFC 2891
DIR_SYNC: Final = "1.2.840.113556.1.4.841"  # MS-ADTS 3.1.1.3.4.1.3
VIRTUAL_LIST_VIEW: Final = "2.16.840.1.113730.3.4.9"  # draft-ietf-ldapext-ldapv3-vlv
PERSISTENT_SEARCH: Final = "2.16.840.1.113730.3.4.3"  # draft-ietf-ldapext-psearch
PROXIED_AUTHORIZATION: Final = "2.16.840.1.113730.3.4.18"  # RFC 4370
PROXIED_AUTHORIZATION_V1: Final = "2.16.840.1.113730.3.4.12"  # draft-weltman-ldapv3-proxy-04
SYNC_REQUEST: Final = "1.3.6.1.4.1.4203.1.9.1.1"  # RFC 4533
PASSWORD_POLICY: Final = "1.3.6.1.4.1.42.2.27.8.5.1"  # noqa: S105 - draft-behera-ldap-password-policy, no secret

# Matching rules
MATCHING_RULE_IN_CHAIN: Final = "1.2.840.113556.1.4.1941"  # MS-ADTS 3.1.1.3.4.4.3
