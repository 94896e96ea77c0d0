"""What is known of a logon."""

from tests.support.logons import attempt, challenge, request


def test_the_row_is_the_logons_own_until_there_is_a_challenge():
    assert attempt().row_id == attempt().logon_id
    taken = attempt(challenge=challenge(generation=5, epoch=8))
    assert (taken.row_id, taken.generation, taken.epoch) == (challenge().attempt_id, 5, 8)


def test_the_epoch_is_that_of_the_first_look():
    assert attempt().epoch == 4
    assert attempt(snapshot=None).epoch == 0


def test_the_slim_form_keeps_identity_and_client_but_no_password():
    slim = attempt(request=request(password=b"hunter2", searched_services=frozenset({"a"}))).slim()
    assert slim.identity == attempt().identity
    assert slim.request.policy == attempt().request.policy
    assert (slim.request.password, slim.request.searched_services, slim.snapshot) == (b"", frozenset(), None)
