"""What monitors see of logons."""

from prometheus_client import generate_latest

from mfa_server.app.observation import Observation
from mfa_server.auth.reasons import Reason
from mfa_server.auth.rules import decide
from mfa_server.directories import DirectoryCounters
from mfa_server.servers.ldap_front import LdapStats
from tests.support.clock import ManualClock
from tests.support.logons import IDENTITY, attempt


def test_every_end_is_counted_by_result_reason_and_client(capsys):
    observation = Observation(ManualClock())
    observation.ended(decide(Reason.FACTOR_COMPLETED, IDENTITY), attempt())
    observation.ended(decide(Reason.SERVICE_ACCOUNT_INTERACTIVE, IDENTITY), attempt())
    page = generate_latest(observation.registry).decode()
    assert 'mfa_logons_total{client="mfa/netscaler",reason="factorCompleted",result="granted"} 1.0' in page
    assert 'mfa_alerts_total{reason="serviceAccountInteractive"} 1.0' in page
    assert "anna" not in page
    assert "serviceAccountInteractive" in capsys.readouterr().out


def test_counts_of_other_rooms_only_grow_even_when_a_room_starts_anew():
    observation = Observation(ManualClock())
    for checks in (3, 5, 2):
        counters = DirectoryCounters(password_checks=checks)
        observation.gauge(waiting=7, ready=True, directory=counters, ldap=LdapStats())
    page = generate_latest(observation.registry).decode()
    assert 'mfa_directory_binds_total{kind="person"} 7.0' in page
    assert "mfa_logons_waiting 7.0" in page
    assert "mfa_ready 1.0" in page
