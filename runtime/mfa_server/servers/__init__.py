"""The front ends: sockets, TLS, time-outs and limits around the protocols of gateways and of the other servers.

Belongs here: what accepts connections, turns protocol events into requests of ``login`` and decisions into the protocol's
own answers (``ldap_results``), and bounds what a stranger can cost. Does not belong here: who may enter and why (``auth``),
the bytes of a protocol (``ldap``), passwords and searches in the directory (``directories``), pages and routes (``web``).
What a front end needs from those rooms is in ``ports``, as protocols beside their consumer.
"""

__all__: list[str] = []
