"""The store's statements as SQL text, which is all that a server needs of them.

Belongs here: the type of a statement, and one generated module of them for each engine. ``store.statements`` has them as they are
written, in SQLAlchemy Core; ``make generate`` compiles them, so that no server loads SQLAlchemy, whose compiler alone would cost it
more memory than its logons. Does not belong here: anything written by hand but that type.
"""

__all__: list[str] = []
