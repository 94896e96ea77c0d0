"""A Samba Active Directory domain controller as a test directory.

Debian's packages: samba samba-ad-provision samba-dsdb-modules winbind ldb-tools, and ldap-utils to change entries.
A domain is provisioned once per machine and copied for each run, since nothing in its tree names a place. Samba
writes one JSON record for every authentication it decides, from which binds are counted.
"""

import base64
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typing_extensions import override

from tests.support.caches import fingerprint, made_once
from tests.support.certificates import Authority
from tests.support.directory import DirectoryServer, comparable_dn
from tests.support.people import (
    GROUP,
    MAIL_DOMAIN,
    PEOPLE,
    Account,
    State,
    display_name,
    mail_of,
    mobile_of,
    password_of,
)
from tests.support.processes import Program, run

__all__ = ["SambaAd"]

REALM = "EXAMPLE.TEST"
DOMAIN = "EXAMPLE"
HOST = "dc1"
SUFFIX = "dc=example,dc=test"
ADMIN_PASSWORD = "Admin-likes-tea-1"
SERVICES = ("svc-netscaler", "svc-mfa")
STATES = {
    "must-change": State.MUST_CHANGE,
    "disabled": State.DISABLED,
    "locked": State.LOCKED,
    "expired": State.EXPIRED,
    "password-expired": State.PASSWORD_EXPIRED,
}
DEBIAN_PYTHON = "/usr/bin/python3"  # Samba's Python modules are installed for it alone
SUPPORT = Path(__file__).parent
ENABLED, DISABLED = "512", "514"  # userAccountControl: NORMAL_ACCOUNT, and with ACCOUNTDISABLE
EXPIRED_LONG_AGO = "116444736010000000"  # accountExpires as a FILETIME: one second after 1970 began
NEVER = "0"
FOLDERS = ("private", "lock", "state", "cache", "run", "ncalrpc", "ntp", "winbindd", "bind-dns", "tls")

CONFIGURATION = """\
[global]
	netbios name = {host}
	realm = {realm}
	workgroup = {domain}
	server role = active directory domain controller
	server services = ldap
	dcerpc endpoint servers =
	bind interfaces only = yes
	interfaces = 127.0.0.1
	private dir = {folder}/private
	lock directory = {folder}/lock
	state directory = {folder}/state
	cache directory = {folder}/cache
	pid directory = {folder}/run
	ncalrpc dir = {folder}/ncalrpc
	ntp signd socket directory = {folder}/ntp
	winbindd socket directory = {folder}/winbindd
	binddns dir = {folder}/bind-dns
	log file = {folder}/samba.log
	log level = 0 auth_json_audit:5@{folder}/authentications.log
	max log size = 0
	tls enabled = yes
	tls certfile = {folder}/tls/dc1.example.test.pem
	tls keyfile = {folder}/tls/dc1.example.test.key
	tls cafile = {folder}/tls/ca.pem
	ldap server require strong auth = {strong_auth}
[sysvol]
	path = {folder}/state/sysvol
[netlogon]
	path = {folder}/state/sysvol/example.test/scripts
"""


class SambaAd(DirectoryServer):
    """One domain controller of EXAMPLE.TEST with the people of `tests.support.people` and one account per `State`.

    `lockout_threshold`: wrong passwords until the domain locks an account for ten hours; 0 means that it locks nobody.
    Simple binds over plain LDAP are refused as Windows does it when LDAP signing is required (strongerAuthRequired).
    """

    suffix = SUFFIX
    admin_dn = f"cn=Administrator,cn=Users,{SUFFIX}"
    admin_password = ADMIN_PASSWORD

    def __init__(self, folder: Path, *, lockout_threshold: int = 3) -> None:
        super().__init__(folder)
        self.lockout_threshold = lockout_threshold
        self.accounts = {account.name: account for account in _everybody()}
        self._authentications = folder / "authentications.log"
        shutil.copytree(_provisioned(lockout_threshold), folder)
        _configure(folder)
        Authority(folder / "tls").issue_for_this_machine(f"{HOST}.{REALM.lower()}", f"{HOST}.{REALM.lower()}")
        self.start()
        if lockout_threshold:
            self._lock_out("locked")

    @property
    @override
    def ca_file(self) -> Path:
        return self.folder / "tls/ca.pem"

    @override
    def start(self) -> None:
        if self.running:
            return
        ready = self.folder / "run/ready"
        ready.unlink(missing_ok=True)
        relay = (sys.executable, "-I", str(SUPPORT / "samba_relay.py"), f"{self.folder}/smb.conf", str(ready))
        ports = (str(self.ldap_port), str(self.ldaps_port))
        self._program = Program((*relay, f"{self.folder}/controller.log", *ports), self.folder / "relay.log")
        self._program.wait_for("the domain controller answers", ready.exists)

    @override
    def reset_user(self, name: str) -> None:
        account = self.account(name)
        changes = {"lockoutTime": "0"}
        if account.state is not State.PASSWORD_EXPIRED:  # a new password is never an expired one: leave the old
            # the password first: setting it stamps pwdLastSet, which a state may want otherwise
            changes |= {"unicodePwd:": _quoted(account.password), **_state_attributes(account.state)}
        if account.mobile:
            changes["mobile"] = account.mobile
        head = f"dn: {account.dn}\nchangetype: modify\n"
        self.apply("\n".join(f"{head}replace: {key.rstrip(':')}\n{key}: {value}\n" for key, value in changes.items()))
        if account.state is State.LOCKED and self.lockout_threshold:
            self._lock_out(name)

    def add_user(self, name: str, *, password: str | None = None, mobile: str = "") -> Account:
        """Add a person beyond the usual ones; he is no member of the group."""
        account = _account(name, "People", password=password, mobile=mobile)
        attributes = "".join(f"{key}: {value}\n" for key, value in _attributes(account).items() if value)
        self.add(
            f"dn: {account.dn}\nobjectClass: user\n{attributes}"
            f"unicodePwd:: {_quoted(account.password)}\nuserAccountControl: {ENABLED}\n"
        )
        self.accounts = {**self.accounts, name: account}
        return account

    @override
    def bound_dns(self) -> list[str]:
        return [self._dn_of(record) for record in self._records()]

    def _records(self) -> Iterator[dict[str, Any]]:
        """The simple binds among the authentications that Samba recorded."""
        if not self._authentications.exists():
            return
        for line in self._authentications.read_text(errors="replace").splitlines():
            if line.lstrip().startswith('{"'):
                record = json.loads(line).get("Authentication", {})
                if record.get("serviceDescription") == "LDAP" and "simple bind" in record.get("authDescription", ""):
                    yield record

    def _dn_of(self, record: dict[str, Any]) -> str:
        known = {account.logon_name.casefold(): account.dn for account in self.accounts.values()}
        known |= {"administrator": self.admin_dn}
        asked, mapped = record.get("clientAccount") or "", record.get("mappedAccount") or ""
        return known.get(mapped.casefold()) or comparable_dn(asked)

    def _lock_out(self, name: str) -> None:
        account = self.account(name)
        for _ in range(self.lockout_threshold):
            self._tries(account.dn, "a wrong password")

    def _tries(self, dn: str, password: str) -> bool:
        try:
            run(
                "ldapwhoami", "-x", "-H", self.ldaps_url, "-D", dn, "-w", password,
                env={"LDAPTLS_CACERT": str(self.ca_file), "LDAPRC": os.devnull},
            )  # fmt: skip
        except RuntimeError:
            return False
        return True


def _account(
    name: str, unit: str, *, password: str | None = None, mobile: str = "", state: State = State.NORMAL
) -> Account:
    return Account(
        name=name,
        dn=f"CN={name},OU={unit},{SUFFIX}",
        password=password or password_of(name),
        mail=mail_of(name),
        mobile=mobile,
        upn=f"{name}@{MAIL_DOMAIN}",
        logon_name=name,
        state=state,
    )


def _everybody() -> list[Account]:
    people = [_account(name, "People", mobile=mobile_of(name)) for name in PEOPLE]
    states = [_account(name, "People", mobile="01511 9990000", state=state) for name, state in STATES.items()]
    return [*people, *states, *(_account(name, "Service") for name in SERVICES)]


def _quoted(password: str) -> str:
    """A password as unicodePwd wants it, in LDIF's base64 (MS-ADTS 3.1.1.3.1.5)."""
    return base64.b64encode(f'"{password}"'.encode("utf-16-le")).decode()


def _attributes(account: Account) -> dict[str, str]:
    return {
        "sAMAccountName": account.logon_name,
        "userPrincipalName": account.upn,
        "displayName": display_name(account.name),
        "givenName": account.name.capitalize(),
        "sn": "Example",
        "mail": account.mail,
        "mobile": account.mobile,
        "telephoneNumber": f"+49 30 9018 {PEOPLE.index(account.name):02d}" if account.name in PEOPLE else "",
    }


def _state_attributes(state: State) -> dict[str, str]:
    return {
        "userAccountControl": DISABLED if state is State.DISABLED else ENABLED,
        "accountExpires": EXPIRED_LONG_AGO if state is State.EXPIRED else NEVER,
        "pwdLastSet": "0" if state is State.MUST_CHANGE else "-1",
    }


def _configure(folder: Path) -> None:
    """Write smb.conf for a tree that lies here now, and the folders that Samba wants to find."""
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "private").chmod(0o700)
    values = {"host": HOST.upper(), "realm": REALM, "domain": DOMAIN, "strong_auth": "allow_sasl_over_tls"}
    (folder / "smb.conf").write_text(CONFIGURATION.format(folder=folder, **values))


def _provisioned(lockout_threshold: int) -> Path:
    everybody = _everybody()
    description = {
        "realm": REALM,
        "domain": DOMAIN,
        "host": HOST,
        "admin_password": ADMIN_PASSWORD,
        "lockout_threshold": lockout_threshold,
        "units": [f"OU={unit},{SUFFIX}" for unit in ("People", "Service", "Groups")],
        "accounts": [
            {
                "dn": account.dn,
                "password": account.password,
                "attributes": _attributes(account),
                "changes": _state_attributes(account.state),
            }
            for account in everybody
        ],
        "group": {"name": GROUP, "dn": f"CN={GROUP},OU=Groups,{SUFFIX}"},
        "members": [account.dn for account in everybody if account.name not in SERVICES],
        "expired_passwords": [account.dn for account in everybody if account.state is State.PASSWORD_EXPIRED],
    }
    script = SUPPORT / "samba_provision.py"
    version = run("samba", "--version")
    name = f"samba-{fingerprint(version, json.dumps(description), script.read_bytes(), CONFIGURATION)}"

    def make(folder: Path) -> None:
        _configure(folder)
        as_root = () if os.geteuid() == 0 else ("unshare", "--user", "--map-root-user")
        command = (*as_root, DEBIAN_PYTHON, "-I", str(script))  # isolated: else `import samba` finds this file
        run(*command, stdin=json.dumps({**description, "folder": str(folder)}), seconds=300)

    return made_once(name, make)
