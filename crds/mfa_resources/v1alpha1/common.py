"""Value types that several kinds share: names, references, host names, identities, addresses, sizes.

Every text has a longest length and a pattern without control characters, so that nothing that a manifest says can break
a log line, a header or a message.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, Strict

from mfa_resources.addresses import AddressRange as _AddressRange
from mfa_resources.v1alpha1.markers import (
    AddressText,
    Atomic,
    DurationText,
    Keys,
    ListSet,
    PreserveUnknown,
    TimestampText,
)
from mfa_resources.v1alpha1.model import Model, one_of

__all__ = [
    "URL",
    "AddressList",
    "AddressRange",
    "Annotations",
    "AppendedCode",
    "AttributeName",
    "AttributeNames",
    "CARef",
    "ConfigMapKeyRef",
    "ConfigMapRef",
    "DistinguishedName",
    "Duration",
    "EmailAddress",
    "FewAddresses",
    "Filter",
    "Flag",
    "HostName",
    "Identity",
    "Ingress",
    "KeyName",
    "Line",
    "Locale",
    "Method",
    "MethodList",
    "Name",
    "ObjectName",
    "Opaque",
    "Permission",
    "PhoneNumber",
    "Port",
    "Quantity",
    "Region",
    "SecretKeyRef",
    "SecretRef",
    "Text",
    "Timestamp",
    "Toggle",
    "UserRule",
    "UserRules",
    "Whole",
]

ObjectName = Annotated[str, Field(min_length=1, max_length=253, pattern="^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
"""A Kubernetes object's name: a DNS subdomain (RFC 1123)."""
Name = Annotated[str, Field(min_length=1, max_length=63, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
"""A name that users give to an item, and the name of a namespace: a DNS label (RFC 1123)."""
KeyName = Annotated[str, Field(min_length=1, max_length=253, pattern="^[-._a-zA-Z0-9]+$")]
"""A key of a Secret or ConfigMap."""
Line = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""One line of text."""
Text = Annotated[str, Field(min_length=1, max_length=1024, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")]
"""Text that may have several lines."""
HostName = Annotated[str, Field(min_length=1, max_length=253, pattern="^[A-Za-z0-9:]([-A-Za-z0-9.:]*[A-Za-z0-9:])?$")]
"""A host name or an IP address."""
URL = Annotated[
    str,
    Field(min_length=9, max_length=512, pattern=r"^https://[A-Za-z0-9\[][-A-Za-z0-9.:\[\]]*(/[-A-Za-z0-9._~/%]*)?$"),
]
"""An https URL without user, query or fragment."""
EmailAddress = Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^\x00-\x20\x7f@<>,;]+@[-A-Za-z0-9.]+$")]
"""A mail address (the addr-spec of RFC 5322 without quotes and comments)."""
PhoneNumber = Annotated[str, Field(min_length=8, max_length=16, pattern=r"^\+[1-9][0-9]{6,14}$")]
"""A phone number in E.164 form."""
Region = Annotated[str, Field(min_length=2, max_length=2, pattern="^[A-Z]{2}$")]
"""A country or region (ISO 3166-1 alpha-2), such as GB; quote "NO"."""
Locale = Annotated[
    str, Field(min_length=2, max_length=12, pattern="^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$")
]
"""A language as BCP 47 writes it, such as en, de or pt-BR; quote "no"."""
DistinguishedName = Annotated[
    str, Field(min_length=3, max_length=1024, pattern=r"^[A-Za-z0-9][-A-Za-z0-9.]* *=[^\x00-\x1f\x7f]*$")
]
"""A distinguished name (RFC 4514)."""
Identity = Annotated[
    str,
    Field(
        min_length=3,
        max_length=1024,
        pattern=r"^([A-Za-z0-9][-A-Za-z0-9.]* *=[^\x00-\x1f\x7f]*|[^\x00-\x20\x7f@\\=]+(@[^\x00-\x20\x7f@\\=]+|\\[^\x00-\x1f\x7f@\\=]+))$",
    ),
]
"""A person or account: a DN, a UPN (name@domain) or DOMAIN\\user."""
AttributeName = Annotated[
    str, Field(min_length=1, max_length=64, pattern=r"^([A-Za-z][-A-Za-z0-9]*|[0-9]+(\.[0-9]+)+)$")
]
"""A directory attribute's name or OID."""
AttributeNames = Annotated[tuple[AttributeName, ...], Field(max_length=8), Atomic()]
"""Attributes in order of preference; the first that has a value counts."""
Filter = Annotated[str, Field(min_length=3, max_length=2048, pattern=r"^\([^\x00-\x1f\x7f]+\)$")]
"""A search filter (RFC 4515)."""
Quantity = Annotated[
    str, Field(min_length=1, max_length=20, pattern=r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi)?$")
]
"""A size as Kubernetes writes it, such as 2Gi."""
Whole = Annotated[int, Strict()]
"""A whole number; text and booleans are no numbers."""
Flag = Annotated[bool, Strict()]
"""true or false."""
Port = Annotated[int, Strict(), Field(ge=1, le=65_535)]
"""A TCP or UDP port."""
Duration = Annotated[timedelta, DurationText()]
"""A length of time from 1s to 10 years."""
Timestamp = Annotated[datetime, TimestampText()]
"""A point in time."""
AddressRange = Annotated[_AddressRange, AddressText()]
"""One address, a CIDR without host bits, or first-last (at most 65,536 addresses)."""
AddressList = Annotated[tuple[AddressRange, ...], Field(max_length=128), ListSet()]
"""Addresses, CIDRs and ranges."""
FewAddresses = Annotated[tuple[AddressRange, ...], Field(max_length=16), ListSet()]
"""The same inside an item of another list, where CEL's cost budget asks for fewer."""
Opaque = Annotated[dict[str, Any], PreserveUnknown()]
"""A piece of Kubernetes' own API, passed on as written."""
Annotations = Annotated[
    dict[Annotated[str, Field(max_length=317)], Annotated[str, Field(max_length=4096)]], Field(max_length=64)
]
"""Labels or annotations for generated objects."""

Toggle = Literal["Enabled", "Disabled"]
"""A switch."""
Permission = Literal["Allowed", "Forbidden"]
"""Whether people may do a thing."""
UserRule = Literal["Deny", "PasswordOnly"]
"""What happens to a person in a given state: refused, or let in by the password alone."""
Method = Literal["TextMessage", "PhoneCall", "MobileApp", "OathToken", "Email", "Passkey", "RecoveryCode"]
"""A second factor."""
MethodList = Annotated[tuple[Method, ...], Field(max_length=7), ListSet()]
"""Second factors."""


class SecretRef(Model):
    """A Secret in the object's own namespace; the field that refers says which keys it reads."""

    name: ObjectName
    """Name of the Secret."""


class SecretKeyRef(Model):
    """One key of a Secret in the object's own namespace."""

    name: ObjectName
    """Name of the Secret."""
    key: KeyName
    """Key whose value is read."""


class ConfigMapRef(Model):
    """A ConfigMap in the object's own namespace; the field that refers says which keys it reads."""

    name: ObjectName
    """Name of the ConfigMap."""


class ConfigMapKeyRef(Model):
    """One key of a ConfigMap in the object's own namespace."""

    name: ObjectName
    """Name of the ConfigMap."""
    key: KeyName
    """Key whose value is read."""


class CARef(Model):
    """Certificate authorities to trust, as PEM, in a ConfigMap or a Secret."""

    type: Literal["ConfigMap", "Secret"]
    """Where the certificates are."""
    config_map: ConfigMapKeyRef | None = None
    """The key of a ConfigMap, with type: ConfigMap."""
    secret: SecretKeyRef | None = None
    """The key of a Secret, with type: Secret."""

    rules = one_of({"ConfigMap": "configMap", "Secret": "secret"})

    @property
    def ref(self) -> ConfigMapKeyRef | SecretKeyRef:
        """The member that the type names."""
        found = self.config_map or self.secret
        if found is None:  # the union's rules exclude it
            msg = "a CARef always has the member of its type"
            raise AssertionError(msg)
        return found


class Ingress(Model):
    """An Ingress for a web role; standalone binds the port of the role's url instead."""

    class_name: ObjectName | None = None
    """IngressClass; absent: the cluster's default class."""
    tls_secret_ref: Annotated[SecretRef | None, Keys(())] = None
    """Secret with tls.crt and tls.key for the Ingress; absent: the Ingress controller's own certificate."""


class AppendedCode(Model):
    """A code typed after the password in the password field."""

    separator: Annotated[str, Field(min_length=1, max_length=3, pattern=r"^[!-~]+$")] = ","
    """What stands between password and code; the last one in the typed text counts."""


class UserRules(Model):
    """What a client does with people in a given state; absent: the group's rule."""

    unknown: UserRule | None = None
    """People without a user record. Formerly: LDAP Authentication > Require Multi-Factor Authentication user match."""
    disabled: UserRule | None = None
    """People whose user record is disabled."""
