"""Shared options."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
import typer

from mfa_server.cli.options import default_state, examples, length_of_time

__all__: list[str] = []


def test_root_keeps_state_in_var_lib_others_below_their_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_state() == Path("/var/lib/mfa")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", "/home/anna")
    assert default_state() == Path("/home/anna/.local/state/mfa")
    monkeypatch.setenv("XDG_STATE_HOME", "/data")
    assert default_state() == Path("/data/mfa")


def test_lengths_of_time_are_read_or_refused_with_the_option() -> None:
    assert length_of_time("8h", "--for") == timedelta(hours=8)
    with pytest.raises(typer.BadParameter, match="--for '8 hours' is not a duration"):
        length_of_time("8 hours", "--for")


def test_examples_are_kept_line_by_line() -> None:
    assert examples("mfa a") == "\b\nExample:\n  mfa a"
    assert examples("mfa a", "mfa b") == "\b\nExamples:\n  mfa a\n  mfa b"
