"""The operator: turns applied manifests into running, replicated MFA servers.

Belongs here: watching our kinds, planning and applying Kubernetes objects, writing status. Does not belong here: anything that
answers a logon (``mfa_server``) or defines a kind (``mfa_resources``). The room is empty until its first inhabitant arrives.
"""

__all__: list[str] = []
