import re

import pytest

from mfa_server.ldap import oids


@pytest.mark.parametrize("name", oids.__all__)
def test_every_constant_is_a_numeric_object_identifier(name):
    assert re.fullmatch(r"[0-2](\.(0|[1-9][0-9]*))+", getattr(oids, name))


def test_no_identifier_is_listed_twice():
    values = [getattr(oids, name) for name in oids.__all__]
    assert len(set(values)) == len(values)
