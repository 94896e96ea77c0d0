"""The MFA server: checks the password at the directory, asks the second factor, then answers the gateway.

Rooms from top to bottom: ``cli`` (commands), ``standalone`` (processes on one machine), ``demo`` (a directory and a gateway to
look at), ``app`` (the composition root), ``servers``, ``web`` and ``reload`` (shells around sockets and files), ``login``,
``factors``, ``directories``, ``notify`` and ``sync`` (what a logon and its users need), ``auth`` (pure decisions), ``store``
(what must survive a restart), ``ldap`` (the wire, sans-IO), ``certificates``, ``settings``, ``logs``, ``metrics``, ``clock``, ``errors``.
Nothing lives at this level but the modules named here; a room never imports one above it.
"""

__all__: list[str] = []
