"""The demonstration as a whole: real servers, a real logon, told by all who take part."""

import io
import re
import tempfile
from pathlib import Path

import pytest

from mfa_server.demo import walk as walking
from mfa_server.demo.walk import Walk, walk

__all__: list[str] = []


def test_one_logon_is_told_step_by_step_and_granted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    stream = io.StringIO()
    assert walk(stream=stream) == 0
    told = stream.getvalue()
    person = "CN=Anna Archer,OU=people,DC=example,DC=com"
    code = re.search(r"Gateway: reply with (\d{6}) to sign in", told)
    assert code is not None
    steps = [
        "demo       directory sync brought 6 users: anna, bert, carla, dirk, emma, frank",
        "gateway    binds as its service account CN=svc-netscaler,OU=service,DC=example,DC=com",
        "directory  bind as CN=svc-netscaler,OU=service,DC=example,DC=com: accepted",
        "gateway    searches (&(sAMAccountName=anna)(objectClass=*)) under DC=example,DC=com",
        f"gateway    binds as {person} on the same connection, and waits",
        f"directory  bind as {person}: accepted",
        f"phone      +447700900101 shows “Gateway: reply with {code[1]} to sign in”",
        f"phone      anna replies {code[1]}   (mfa reply anna {code[1]})",
        "phone      the servers say “anna: granted”",
        "gateway    unbinds",
        "logon: granted",
        "the audit of this logon (mfa log list):",
    ]
    lines = iter(told.splitlines())
    assert all(step in lines for step in steps), told  # in this order
    assert re.search(r"granted  factorCompleted  anna  demo/netscaler  127\.0\.0\.1  TextMessage  mfa-[01]/", told)
    assert told.count(f"directory  bind as {person}:") == 1
    assert re.search(r"took \d+\.\d s; the servers use \d+ MiB", told)
    assert list(tmp_path.iterdir()) == []


async def test_a_logon_that_is_not_granted_ends_with_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(walking, "PASSWORD", "wrong")
    stream = io.StringIO()
    assert await Walk(tmp_path, stream).run(keep=False) == 1
    told = stream.getvalue()
    assert "\nlogon: refused\n" in told
    assert "data 52e" in told
    assert "refused  wrongPassword  anna" in told
    assert "phone" not in told
