"""Who a certificate speaks for inside a server group: ``mfa://NAMESPACE/GROUP/ROLE`` as a URI subject alternative name.

The role decides what a caller may do; every route checks it. A URI of any other form is nobody.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

__all__ = ["InternalIdentity", "Role"]

_LABEL = r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?"
_URI = re.compile(rf"mfa://(?P<namespace>{_LABEL})/(?P<group>{_LABEL})/(?P<role>[a-z]{{1,32}})")


class Role(StrEnum):
    """What a process is for."""

    SERVER = "server"
    OPERATOR = "operator"
    PORTAL = "portal"
    APP = "app"
    CONSOLE = "console"
    HOOKS = "hooks"


@dataclass(frozen=True, slots=True)
class InternalIdentity:
    """A role of one server group. ``namespace`` and ``group`` are Kubernetes names."""

    namespace: str
    group: str
    role: Role

    @property
    def uri(self) -> str:
        """The identity as it stands in a certificate."""
        return f"mfa://{self.namespace}/{self.group}/{self.role}"

    @classmethod
    def parse(cls, uri: str) -> Self | None:
        """Return the identity a URI stands for, or None when it is not exactly of this form or names an unknown role."""
        found = _URI.fullmatch(uri)
        role = next((role for role in Role if found is not None and role == found["role"]), None)
        return cls(found["namespace"], found["group"], role) if found is not None and role is not None else None
