"""Second factors as functions from values to values: what a code looks like and whether a typed one fits.

Belongs here: one module per factor - OATH time-based tokens (``totp``), codes sent to a phone (``text_message``); calls, the mobile
app, e-mail, passkeys and recovery codes each get theirs when they are built. Does not belong here: sending (``notify``), deciding
who is asked (``auth``), keeping counters or used codes (``store``), I/O of any kind. A factor imports no other factor.
"""

__all__: list[str] = []
