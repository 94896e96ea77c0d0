"""The history of the schema: one revision per module in ``versions``, run by ``mfa_server.store.migrate`` through ``env``.

Belongs here: steps from one revision to the next, each frozen once released (it never imports ``schema``, which moves on). One line
of history; a step first adds, a release later the old is dropped, so that every release runs on the newest revision and the one
before. Does not belong here: anything that runs while servers answer logons.
"""

__all__: list[str] = []
