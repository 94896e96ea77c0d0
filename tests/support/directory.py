"""What the test directories have in common, whichever program serves them."""

import os
import signal
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.support.people import Account
from tests.support.ports import LOOPBACK, free_ports
from tests.support.processes import Program, run

__all__ = ["DirectoryServer", "comparable_dn"]


def comparable_dn(dn: str) -> str:
    """Fold a DN so that two spellings of it compare equal: case, and blanks around separators."""
    return ",".join("=".join(half.strip() for half in part.split("=", 1)) for part in dn.split(",")).casefold()


class DirectoryServer(ABC):
    """A directory on loopback; its ports stay the same when it stops and starts again."""

    suffix: str
    admin_dn: str
    admin_password: str
    accounts: Mapping[str, Account]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = LOOPBACK
        self.ldap_port, self.ldaps_port = free_ports(2)
        self._program: Program | None = None

    @property
    @abstractmethod
    def ca_file(self) -> Path:
        """The authority that signed the server's certificate (localhost and 127.0.0.1), PEM."""

    @property
    def ldap_url(self) -> str:
        return f"ldap://{self.host}:{self.ldap_port}"

    @property
    def ldaps_url(self) -> str:
        return f"ldaps://{self.host}:{self.ldaps_port}"

    def account(self, name: str) -> Account:
        """The account of that name; KeyError lists the names there are."""
        try:
            return self.accounts[name]
        except KeyError:
            raise KeyError(f"no account {name!r} here; there are {', '.join(sorted(self.accounts))}") from None

    # life

    @abstractmethod
    def start(self) -> None:
        """Serve until `stop`; returns when binds are answered. No effect on a server that runs."""

    @property
    def running(self) -> bool:
        return self._program is not None and self._program.running

    def stop(self) -> None:
        """Close every connection and refuse new ones: the directory is down. Safe to repeat."""
        if self._program is not None:
            self._program.end()
            self._program = None

    def freeze(self) -> None:
        """Stand still: connections are accepted by the kernel and nothing is ever answered."""
        if self._program is None:
            raise RuntimeError("the directory does not run, so it cannot be frozen")
        self._program.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on after `freeze`."""
        if self._program is not None:
            self._program.signal(signal.SIGCONT)

    # what is in it

    def add(self, ldif: str) -> None:
        """Add the entries of an LDIF text as the administrator."""
        self._ldap_tool("ldapmodify", "-a", stdin=ldif)

    def apply(self, ldif: str) -> None:
        """Carry out the change records (`changetype:`) of an LDIF text as the administrator."""
        self._ldap_tool("ldapmodify", stdin=ldif)

    def delete(self, dn: str) -> None:
        """Delete one entry as the administrator."""
        self._ldap_tool("ldapdelete", dn)

    @abstractmethod
    def reset_user(self, name: str) -> None:
        """Give a person back the password, state and clean counters that the fixture began with."""

    def _ldap_tool(self, tool: str, *arguments: str, stdin: str | None = None) -> str:
        connect = ("-x", "-H", self.ldaps_url, "-D", self.admin_dn, "-w", self.admin_password)
        environment = {"LDAPTLS_CACERT": str(self.ca_file), "LDAPRC": os.devnull}
        return run(tool, *connect, *arguments, stdin=stdin, env=environment)

    # what it saw

    @abstractmethod
    def bound_dns(self) -> list[str]:
        """Every DN that a simple bind asked for since the directory was made, in order, right or wrong password.

        A bind is in the list by the time its answer is sent. Names that are not DNs (AD accepts UPN and DOMAIN\\user)
        are given as the DN of the account they mean.
        """

    def binds_of(self, dn: str) -> int:
        """How many binds named this DN; compare two readings, since the log is never emptied."""
        return Counter(map(comparable_dn, self.bound_dns()))[comparable_dn(dn)]
