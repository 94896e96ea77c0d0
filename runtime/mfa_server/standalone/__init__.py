"""One machine without a cluster: what an operator and a kubelet do elsewhere, as one small parent of a few server processes.

Belongs here: starting, watching and ending processes (``supervisor``, ``processes``), how long a restart waits (``backoff``), noticing
changed manifests (``watch``), what is shared before the fork (``warming``), and making the accepted bundle and the certificates out of them (``preparation``, ``generations``).
Does not belong here: anything a server does (``app``), or that only one of both modes could do. The parent has no event loop and no
threads, so that it can fork at any time, and keeps nothing it could leave to a short-lived child.
"""

from mfa_server.standalone.preparation import prepare
from mfa_server.standalone.supervisor import Supervisor

__all__ = ["Supervisor", "prepare"]
