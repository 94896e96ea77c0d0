import pytest

from mfa_server.ldap.states import (
    CLIENT_TRANSITIONS,
    SERVER_TRANSITIONS,
    ClientState,
    ClientTrigger,
    ServerState,
    ServerTrigger,
)

_TABLES = [
    pytest.param(SERVER_TRANSITIONS, ServerState, ServerTrigger, ServerState.ANONYMOUS, id="server"),
    pytest.param(CLIENT_TRANSITIONS, ClientState, ClientTrigger, ClientState.OPEN, id="client"),
]


@pytest.mark.parametrize(("table", "states", "triggers", "start"), _TABLES)
def test_every_state_is_in_the_table_and_can_be_reached(table, states, triggers, start):
    assert set(table) == set(states)
    reached, unseen = set(), {start}
    while unseen:
        state = unseen.pop()
        reached.add(state)
        unseen |= set(table[state].values()) - reached
    assert reached == set(states)


@pytest.mark.parametrize(("table", "states", "triggers", "start"), _TABLES)
def test_every_trigger_is_used_and_every_state_can_be_closed(table, states, triggers, start):
    assert {trigger for row in table.values() for trigger in row} == set(triggers)
    assert all(row[triggers.CLOSE] is states.CLOSED for row in table.values())
    assert table[states.CLOSED] == {triggers.CLOSE: states.CLOSED}


def test_identity_is_reached_only_by_a_granted_bind():
    into_bound = {
        (state, trigger)
        for state, row in SERVER_TRANSITIONS.items()
        for trigger, following in row.items()
        if following is ServerState.BOUND
    }
    assert into_bound == {
        (ServerState.BINDING, ServerTrigger.BIND_GRANTED),
        (ServerState.STARTING_TLS, ServerTrigger.TLS_REFUSED_BOUND),  # what was bound before stays bound
    }
