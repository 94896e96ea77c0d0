"""The pipeline's only shell: awaits directory, store, factor and peers as each step asks, and keeps the logons that wait.

Belongs here: carrying out steps (``Login``), the registry of waiting logons, bringing a person's answer to the logon it belongs
to (``Replies``). Does not belong here: decisions (``auth``), sockets (``servers``), SQL (``store``), provider protocols (``notify``).
"""

from mfa_server.login.logon import Login, Ticket
from mfa_server.login.parts import Parts, ServiceAccountsPort
from mfa_server.login.replies import Replies, ReplyOutcome, ReplyResult
from mfa_server.login.waiting import Logon, Waiter

__all__ = [
    "Login",
    "Logon",
    "Parts",
    "Replies",
    "ReplyOutcome",
    "ReplyResult",
    "ServiceAccountsPort",
    "Ticket",
    "Waiter",
]
