from mfa_server.ldap.tags import FINAL_RESPONSES, RESPONSE_OF, RESPONSES, Tag

_ALL = {value for name, value in vars(Tag).items() if name.isupper()}


def test_every_operation_is_of_the_application_class():
    assert all(tag & 0xC0 == 0x40 for tag in _ALL)


def test_only_unbind_delete_and_abandon_are_primitive():
    assert {tag for tag in _ALL if not tag & 0x20} == {Tag.UNBIND_REQUEST, Tag.DEL_REQUEST, Tag.ABANDON_REQUEST}


def test_every_operation_is_a_request_or_a_response_and_never_both():
    requests = {*RESPONSE_OF, Tag.UNBIND_REQUEST, Tag.ABANDON_REQUEST}
    assert requests | RESPONSES == _ALL
    assert not requests & RESPONSES
    assert FINAL_RESPONSES < RESPONSES
