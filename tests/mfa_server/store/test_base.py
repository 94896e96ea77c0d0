"""The protocols: complete, documented, and what the engine implements."""

import inspect

import pytest

from mfa_server.store import base
from mfa_server.store.sqlite import SqliteStore

CONCERNS = (base.LogonStore, base.UserStore, base.TokenStore, base.AuditStore, base.ServerStore, base.SyncStore)


def methods(protocol: type) -> set[str]:
    return {name for name, value in vars(protocol).items() if inspect.isfunction(value) and not name.startswith("_")}


@pytest.mark.parametrize("protocol", [*CONCERNS, base.Store])
def test_every_promise_is_written_down_and_awaited(protocol: type) -> None:
    for name in methods(protocol):
        method = getattr(protocol, name)
        assert inspect.getdoc(method), name
        assert inspect.iscoroutinefunction(method), name


def test_no_promise_belongs_to_two_concerns() -> None:
    names = [name for concern in CONCERNS for name in methods(concern)]
    assert len(names) == len(set(names))
    assert set(CONCERNS) <= set(base.Store.__mro__)


def test_the_engine_adds_only_its_opening() -> None:
    promised = set().union(*(methods(protocol) for protocol in (*CONCERNS, base.Store)))
    assert methods(SqliteStore) == promised
