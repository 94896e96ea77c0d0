"""The servers that share the file, and directory sync's passes: one unit of the writer each."""

import os
import sqlite3
from datetime import datetime

from mfa_server.store.compiled import sqlite as sql
from mfa_server.store.records import Server
from mfa_server.store.rows import SERVER, SYNC_RUN, to_micros
from mfa_server.store.sqlite_connect import all_rows, one_row, run
from mfa_server.store.sync_records import SyncRun

__all__ = ["heartbeat", "put_sync_run", "register", "touch"]


def register(connection: sqlite3.Connection, server: Server) -> int:
    """Announce a server; the waiters of its older incarnations left when their process did."""
    run(connection, sql.SERVER_PUT, SERVER.encode(server))
    row = one_row(connection, sql.SERVER_NAMED, {"name": server.name})
    if row is None or SERVER.decode(row).server_id != server.server_id:
        # A newer incarnation is registered: this one is the old one, and its say is over.
        return 0
    gone = 0
    for (owner,) in all_rows(connection, sql.WAITING_OWNERS, {}):
        if owner != server.server_id and owner.rpartition("/")[0] == server.name:
            values = {"at_owner": owner, "new_waiting": 0, "now": to_micros(server.started_at)}
            gone += run(connection, sql.OWNER_GONE, values)
    return gone


def heartbeat(connection: sqlite3.Connection, server_id: str, bundle: str, now: datetime) -> bool:
    """Note that a server is alive and what it runs on; False: it is not the newest of its name."""
    values = {"at_server": server_id, "new_bundle": bundle, "new_seen_at": to_micros(now)}
    return run(connection, sql.SERVER_SEEN, values) == 1


def put_sync_run(connection: sqlite3.Connection, done: SyncRun) -> None:
    """Keep a pass, unless a newer one of its source is there."""
    run(connection, sql.SYNC_RUN_PUT, SYNC_RUN.encode(done))


def touch(connection: sqlite3.Connection) -> None:
    """Write something that means nothing: only a write shows that the disk takes writes.

    Something new each time: SQLite leaves a page alone whose cell would not change, and so would find a full disk in order.
    """
    run(connection, sql.META_PUT, {"key": "touched", "value": os.urandom(4).hex()})
