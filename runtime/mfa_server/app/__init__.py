"""The composition root: a bundle and the process's settings become a running server. The only room that knows every other.

Belongs here: constructing things and wiring them (``assembly``), and the life of one server process (``worker``). Does not belong
here: decisions, protocols, SQL. A pod, and each process of ``mfa standalone``, runs ``run``.
"""

from mfa_server.app.worker import run

__all__ = ["run"]
