"""What the outside sees of logons: metrics, a log line for every alert, and the numbers that other rooms count for themselves."""

from collections.abc import Callable
from datetime import datetime

import structlog
from prometheus_client import CollectorRegistry

from mfa_server.auth.audit import ALERTS
from mfa_server.auth.decision import Decision
from mfa_server.auth.reasons import describe
from mfa_server.auth.state import Attempt
from mfa_server.clock import Clock
from mfa_server.directories import DirectoryCounters
from mfa_server.metrics import Metrics
from mfa_server.servers.ldap_front import LdapStats
from mfa_server.store.sync_records import SyncRun

__all__ = ["Observation"]

Increase = Callable[[float], None]

log = structlog.get_logger("logon")


class Observation:
    """Hangs at ``Parts.observe``."""

    def __init__(self, clock: Clock) -> None:
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)
        self._clock = clock
        self._counted: dict[tuple[str, str], int] = {}

    def ended(self, decision: Decision, attempt: Attempt) -> None:
        """Count one logon; say an alert aloud."""
        result = "granted" if decision.granted else "refused"
        client = attempt.request.policy.client
        self.metrics.logons.labels(result, decision.reason.value, client).inc()
        seconds = (self._clock.now() - attempt.started_at).total_seconds()
        self.metrics.logon_seconds.labels(result).observe(seconds)
        if decision.reason in ALERTS:
            self.metrics.alerts.labels(decision.reason.value).inc()
            log.warning(
                "alert",
                reason=decision.reason.value,
                why=describe(decision.reason),
                user=decision.identity.username if decision.identity else "",
                client=client,
                source=attempt.request.source,
            )

    def gauge(
        self, *, waiting: int, connections: int, ready: bool, directory: DirectoryCounters, ldap: LdapStats
    ) -> None:
        """Bring over what other rooms count; called every second or so."""
        self.metrics.logons_waiting.set(waiting)
        self.metrics.ready.set(ready)
        self.metrics.connections.set(connections)
        for kind, total in (
            ("person", directory.password_checks),
            ("serviceAccount", directory.search_binds),
            ("pool", directory.own_binds),
        ):
            self._bring("binds", kind, total, self.metrics.directory_binds.labels(kind).inc)
        for kind, total in (("connect", directory.connect_failures), ("lost", directory.connections_lost)):
            self._bring("failures", kind, total, self.metrics.directory_failures.labels(kind).inc)
        unknown = ldap.refused.total()
        self._bring("refused", "unknownSource", unknown, self.metrics.refused_connections.labels("unknownSource").inc)
        over = ldap.connections_over_limit
        self._bring("refused", "overLimit", over, self.metrics.refused_connections.labels("overLimit").inc)

    def message(self, provider: str, *, sent: bool) -> None:
        """Count a message that a provider took or did not take."""
        self.metrics.messages.labels(provider, "sent" if sent else "failed").inc()

    def synced(self, run: SyncRun) -> None:
        """Count a pass of directory sync; after a good one, say how many people its source has."""
        self.metrics.sync_passes.labels(run.source, "failed" if run.error else "done").inc()
        if not run.error:
            self.metrics.sync_users.labels(run.source).set(run.added + run.changed + run.unchanged)

    def certificate(self, name: str, ends: datetime) -> None:
        """Say when a certificate in use ends."""
        self.metrics.certificate_expires.labels(name).set(ends.timestamp())

    def _bring(self, what: str, label: str, total: int, increase: "Increase") -> None:
        """Add what has come since the last time; a source that started anew counts from zero."""
        before = self._counted.get((what, label), 0)
        increase(total - before if total >= before else total)
        self._counted[what, label] = total
