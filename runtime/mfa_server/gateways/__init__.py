"""What to type at a gateway so that it asks us: one module and one template per product.

Belongs here: pure renderers from a client's manifest and its server group to the product's own commands, with comments that say why.
Does not belong here: talking to a gateway, reading files, and anything a logon needs.
"""

__all__: list[str] = []
