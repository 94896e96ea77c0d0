"""What monitors see of logons."""

from pathlib import Path

from prometheus_client import generate_latest

import mfa_server
from mfa_server.app.observation import Observation
from mfa_server.auth.reasons import Reason
from mfa_server.auth.rules import decide
from mfa_server.directories import DirectoryCounters
from mfa_server.metrics import Metrics
from mfa_server.servers.ldap_front import LdapStats
from mfa_server.store.sync_records import SyncRun
from tests.support.clock import START, ManualClock
from tests.support.logons import IDENTITY, attempt

ROOT = Path(mfa_server.__file__).parent


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
        observation.gauge(waiting=7, connections=9, ready=True, directory=counters, ldap=LdapStats())
    page = generate_latest(observation.registry).decode()
    assert 'mfa_directory_binds_total{kind="person"} 7.0' in page
    assert "mfa_logons_waiting 7.0" in page
    assert "mfa_connections 9.0" in page
    assert "mfa_ready 1.0" in page


def test_messages_passes_and_certificates_are_told_by_their_names_from_the_manifests():
    observation = Observation(ManualClock())
    observation.message("main", sent=True)
    observation.message("spare", sent=False)
    observation.synced(SyncRun("mfa/staff", START, START, added=2, unchanged=5))
    observation.synced(SyncRun("mfa/staff", START, START, error="no server answers"))
    observation.certificate("front/ecdsa", START)
    counters = DirectoryCounters(connect_failures=3, connections_lost=1)
    observation.gauge(waiting=0, connections=0, ready=True, directory=counters, ldap=LdapStats())
    page = generate_latest(observation.registry).decode()
    for line in (
        'mfa_messages_total{provider="main",result="sent"} 1.0',
        'mfa_messages_total{provider="spare",result="failed"} 1.0',
        'mfa_sync_passes_total{result="done",source="mfa/staff"} 1.0',
        'mfa_sync_passes_total{result="failed",source="mfa/staff"} 1.0',
        'mfa_sync_users{source="mfa/staff"} 7.0',
        'mfa_directory_failures_total{kind="connect"} 3.0',
        'mfa_directory_failures_total{kind="lost"} 1.0',
        'mfa_certificate_expires_seconds{name="front/ecdsa"}',
    ):
        assert line in page


def test_every_metric_that_is_defined_is_also_counted():
    rooms = "".join(path.read_text() for path in (ROOT / "app").glob("*.py"))
    for name in Metrics.__dataclass_fields__:
        assert name == "registry" or f"metrics.{name}" in rooms, name
