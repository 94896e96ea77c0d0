"""The metrics: their names and labels are what monitors are set up with."""

from prometheus_client import CollectorRegistry, generate_latest

from mfa_server.metrics import Metrics


def test_names_and_labels_are_as_documented() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.logons.labels(result="granted", reason="factorCompleted", client="mfa/netscaler").inc()
    metrics.alerts.labels(reason="fraudReported").inc()
    metrics.directory_binds.labels(kind="person").inc()
    metrics.refused_connections.labels(reason="noClient").inc()
    metrics.logons_waiting.set(2)
    text = generate_latest(registry).decode()
    for line in (
        'mfa_logons_total{client="mfa/netscaler",reason="factorCompleted",result="granted"} 1.0',
        'mfa_alerts_total{reason="fraudReported"} 1.0',
        'mfa_directory_binds_total{kind="person"} 1.0',
        'mfa_refused_connections_total{reason="noClient"} 1.0',
        "mfa_logons_waiting 2.0",
    ):
        assert f"{line}\n" in text


def test_two_servers_in_one_process_count_apart() -> None:
    first, second = Metrics(CollectorRegistry()), Metrics(CollectorRegistry())
    first.logons_waiting.set(1)
    assert "mfa_logons_waiting 0.0\n" in generate_latest(second.registry).decode()
