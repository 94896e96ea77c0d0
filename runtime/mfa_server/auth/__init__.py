"""Who may enter, and by what: decisions as functions from values to values.

Belongs here: the logon as a state machine (``pipeline``), the policies it consults, the closed list of reasons, and the protocols
of what its shell needs (``ports``). Does not belong here: I/O, clocks, randomness, the LDAP or RADIUS wire, SQL. The only code
that carries these decisions out is ``mfa_server.login``.
"""

__all__: list[str] = []
