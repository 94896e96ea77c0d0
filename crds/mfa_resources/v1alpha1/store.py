"""Where the group keeps what must survive: users, enrolments, challenges, audit."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from mfa_resources.v1alpha1.common import ObjectName, Quantity, SecretRef, Whole
from mfa_resources.v1alpha1.markers import DurationText, Keys
from mfa_resources.v1alpha1.model import Model, one_of

__all__ = ["Backup", "CloudNativePGStore", "DegradedMode", "PostgreSQLStore", "SQLiteStore", "Store"]


class Backup(Model):
    """Copies of the SQLite file."""

    schedule: Annotated[str, Field(min_length=9, max_length=100, pattern=r"^[0-9*,/-]+( [0-9A-Za-z*,/-]+){4}$")]
    """When, as five cron fields in UTC."""
    keep: Annotated[Whole, Field(ge=1, le=365)] = 7
    """Copies kept; the oldest goes first."""


class SQLiteStore(Model):
    """One file, one server."""

    storage: Quantity = "2Gi"
    """Size of the volume."""
    storage_class_name: ObjectName | None = None
    """StorageClass of the volume; absent: the cluster's default."""
    backup: Backup | None = None
    """Copies of the file; absent: none."""


class PostgreSQLStore(Model):
    """Any PostgreSQL, by its connection data."""

    secret_ref: Annotated[SecretRef, Keys((("uri",), ("host", "dbname", "user", "password")))]
    """Secret with uri, or with host, dbname, user and password (and port, ca.crt)."""


class CloudNativePGStore(Model):
    """A PostgreSQL cluster that CloudNativePG runs for this group."""

    instances: Annotated[Whole, Field(ge=1, le=9)] = 3
    """PostgreSQL instances."""
    storage: Quantity = "20Gi"
    """Size of each instance's volume."""


class DegradedMode(Model):
    """What goes on while the database does not answer."""

    mode: Literal["Limited", "Deny"] = "Limited"
    """Limited: factors that need no shared write go on from a snapshot; Deny: every logon is refused. Formerly: slave servers still accept logons."""
    max_snapshot_age: Annotated[timedelta, DurationText("1m", "24h")] = timedelta(hours=1)
    """The oldest snapshot that may serve."""
    max_duration: Annotated[timedelta, DurationText("1m", "168h")] = timedelta(hours=8)
    """How long a server goes on so."""


class Store(Model):
    """Where the group keeps its state."""

    type: Literal["SQLite", "PostgreSQL", "CloudNativePG"] = "SQLite"
    """SQLite: one server, nothing to run. PostgreSQL and CloudNativePG: several servers."""
    sqlite: SQLiteStore | None = None
    """Details, with type: SQLite."""
    postgre_sql: PostgreSQLStore | None = Field(default=None, alias="postgreSQL")
    """Details, with type: PostgreSQL."""
    cloud_native_pg: CloudNativePGStore | None = Field(default=None, alias="cloudNativePG")
    """Details, with type: CloudNativePG."""
    encryption_key_secret_ref: SecretRef | None = None
    """Secret whose keys are the key ring for secrets at rest; absent: made and kept by the operator, or in the state directory."""
    degraded: DegradedMode = Field(default_factory=DegradedMode)
    """What goes on while the database does not answer."""

    rules = one_of(
        {"SQLite": "sqlite", "PostgreSQL": "postgreSQL", "CloudNativePG": "cloudNativePG"},
        default="SQLite",
        required=("PostgreSQL",),
    )
