"""What connections share: counts in and out, refused sources."""

from dataclasses import replace

from mfa_server.servers.ldap_front import MOST_REFUSED_ADDRESSES, LdapFront, LdapParts, LdapSettings, LdapStats
from mfa_server.servers.limits import ConnectionLimits
from tests.mfa_server.servers.rig import OneClient, ScriptedLogons, no_directory
from tests.support.clock import ManualClock
from tests.support.logons import POLICY


class Connection:
    def drain(self) -> None: ...

    def cut(self) -> None: ...


async def test_connections_are_counted_in_and_out_and_the_last_one_tells(clock: ManualClock) -> None:
    parts = LdapParts(ScriptedLogons(), no_directory, no_directory, no_directory.root_dse)
    front = LdapFront(LdapSettings((), limits=ConnectionLimits(1, 1)), parts, OneClient(POLICY), clock)
    one, two = Connection(), Connection()
    assert front.add(one, "a")
    assert not front.add(two, "b")
    assert (front.stats.connections, front.stats.connections_over_limit) == (1, 1)
    front.draining = True
    assert not front.empty.is_set()
    front.remove(one, "a")
    assert front.empty.is_set()
    assert front.connections == set()


def test_refused_sources_are_counted_by_address_up_to_a_bound() -> None:
    stats = LdapStats()
    for number in range(MOST_REFUSED_ADDRESSES + 10):
        stats.refuse(str(number))
    stats.refuse("0")
    assert stats.refused["0"] == 2
    assert stats.refused["other"] == 10
    assert len(stats.refused) == MOST_REFUSED_ADDRESSES + 1


def test_settings_have_defaults_for_everything_but_the_listeners() -> None:
    settings = LdapSettings(())
    assert settings.limits is None
    assert replace(settings, handshakes=1).handshakes == 1
