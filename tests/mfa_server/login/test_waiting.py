"""The registry of waiting logons."""

from datetime import timedelta

from mfa_server.login.waiting import Logon, WaitingRoom
from tests.support.clock import START
from tests.support.logons import attempt, challenge

SECOND = timedelta(seconds=1)


def waiting(generation: int = 0) -> Logon:
    logon = Logon(attempt(challenge=challenge(generation=generation)), None)
    logon.waiting = True
    return logon


def test_a_logon_is_overdue_once_at_its_deadline():
    room, logon = WaitingRoom(), waiting()
    room.put(logon)
    room.end_at(logon, START + SECOND)
    assert room.overdue(START) == []
    assert room.overdue(START + SECOND) == [logon]
    assert room.overdue(START + SECOND) == []


def test_an_older_owners_deadline_does_not_end_the_newer_one():
    room, older, newer = WaitingRoom(), waiting(0), waiting(1)
    room.put(older)
    room.end_at(older, START)
    room.put(newer)
    assert room.overdue(START) == []


def test_a_logon_that_ends_already_is_not_overdue():
    room, logon = WaitingRoom(), waiting()
    room.put(logon)
    room.end_at(logon, START)
    logon.settled = True
    assert room.overdue(START) == []


def test_removing_an_older_owner_leaves_the_newer_one():
    room, older, newer = WaitingRoom(), waiting(0), waiting(1)
    room.put(older)
    room.put(newer)
    room.remove(older)
    assert room.get(newer.attempt.row_id) is newer
    room.remove(newer)
    assert (len(room), list(room), room.get(newer.attempt.row_id)) == (0, [], None)


def test_a_logon_without_a_waiter_is_gone():
    assert waiting().gone


def test_whoever_takes_a_row_is_handed_its_earlier_owner_once():
    room, older, newer = WaitingRoom(), waiting(0), waiting(1)
    assert room.put(older) is None
    assert room.put(older) is None
    assert room.put(newer) is older
    assert room.put(newer) is None
