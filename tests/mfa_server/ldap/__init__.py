"""Tests of the LDAP room: one twin per module, strategies for properties, hex vectors in tests/vectors/ldap."""
