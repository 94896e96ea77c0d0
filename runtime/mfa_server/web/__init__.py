"""HTTP: Starlette applications and what they share. Handlers translate and call; they decide nothing.

Belongs here: routes, JSON and problem documents, pages. ``control`` is what commands on this machine talk to, ``management`` what
probes and monitors read, ``internal`` what the other servers of the group call. Does not belong here: listening (``servers``),
decisions (``auth``), statements (``store``).
"""

__all__: list[str] = []
