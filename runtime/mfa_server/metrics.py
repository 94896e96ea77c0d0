"""What this program counts, in one object. Nothing secret, and no label whose values grow without bound.

Labels are closed lists (results, reasons, kinds, listeners) or names from manifests (clients, sources, providers). A person's name or
an address is never one. The registry is handed in: nothing is counted in a global.
"""

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

__all__ = ["Metrics"]

_LOGON_SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 20, 30, 45, 60, 120, 180)


@dataclass(slots=True)
class Metrics:
    """The metrics of one process, registered at ``registry``."""

    registry: CollectorRegistry
    logons: Counter = field(init=False)
    """``mfa_logons_total{result,reason,client}``: logons that ended; every one ends with one reason."""
    logon_seconds: Histogram = field(init=False)
    """``mfa_logon_seconds{result}``: from the request to our answer, the person's time included."""
    logons_waiting: Gauge = field(init=False)
    """``mfa_logons_waiting``: logons that wait for a person in this process."""
    alerts: Counter = field(init=False)
    """``mfa_alerts_total{reason}``: audit events marked as alerts."""
    directory_binds: Counter = field(init=False)
    """``mfa_directory_binds_total{kind}``: binds sent to directories: ``person``, ``serviceAccount``, ``pool``."""
    directory_failures: Counter = field(init=False)
    """``mfa_directory_failures_total{kind}``: connections to directory servers: ``connect`` (not made), ``lost`` (broke while in use)."""
    connections: Gauge = field(init=False)
    """``mfa_connections``: open connections of gateways."""
    refused_connections: Counter = field(init=False)
    """``mfa_refused_connections_total{reason}``: connections closed before they were served."""
    messages: Counter = field(init=False)
    """``mfa_messages_total{provider,result}``: messages handed to providers: ``sent``, ``failed``."""
    sync_users: Gauge = field(init=False)
    """``mfa_sync_users{source}``: people the newest pass of a source found."""
    sync_passes: Counter = field(init=False)
    """``mfa_sync_passes_total{source,result}``: passes of directory sync: ``done``, ``failed``."""
    reloads: Counter = field(init=False)
    """``mfa_reloads_total{result}``: bundles ``applied`` or ``refused``."""
    certificate_expires: Gauge = field(init=False)
    """``mfa_certificate_expires_seconds{name}``: Unix time at which a certificate in use ends."""
    ready: Gauge = field(init=False)
    """``mfa_ready``: 1 while gateways are served, else 0."""

    def __post_init__(self) -> None:
        at = self.registry
        self.logons = Counter("mfa_logons", "Logons that ended.", ("result", "reason", "client"), registry=at)
        self.logon_seconds = Histogram(
            "mfa_logon_seconds", "Seconds from request to answer.", ("result",), registry=at, buckets=_LOGON_SECONDS
        )
        self.logons_waiting = Gauge("mfa_logons_waiting", "Logons that wait for a person.", registry=at)
        self.alerts = Counter("mfa_alerts", "Audit events marked as alerts.", ("reason",), registry=at)
        self.directory_binds = Counter("mfa_directory_binds", "Binds sent to directories.", ("kind",), registry=at)
        self.directory_failures = Counter(
            "mfa_directory_failures", "Failed connections to directory servers.", ("kind",), registry=at
        )
        self.connections = Gauge("mfa_connections", "Open connections of gateways.", registry=at)
        self.refused_connections = Counter(
            "mfa_refused_connections", "Connections closed before they were served.", ("reason",), registry=at
        )
        self.messages = Counter("mfa_messages", "Messages handed to providers.", ("provider", "result"), registry=at)
        self.sync_users = Gauge("mfa_sync_users", "People the newest pass found.", ("source",), registry=at)
        self.sync_passes = Counter("mfa_sync_passes", "Passes of directory sync.", ("source", "result"), registry=at)
        self.reloads = Counter("mfa_reloads", "Bundles applied or refused.", ("result",), registry=at)
        self.certificate_expires = Gauge(
            "mfa_certificate_expires_seconds", "Unix time at which a certificate ends.", ("name",), registry=at
        )
        self.ready = Gauge("mfa_ready", "Whether gateways are served.", registry=at)
