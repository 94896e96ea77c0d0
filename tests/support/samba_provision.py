"""Make an Active Directory domain with Samba, from a description on standard input.

    /usr/bin/python3 -I samba_provision.py < description.json

Debian's own Python runs this, since Samba's modules live there; so it is Python 3.11 with the standard library, no
more. The description names the folder (which holds smb.conf already), the domain and its accounts.
"""

import json
import logging
import sys
from typing import Any

__all__ = ["main"]

LONG_AGO = "116444736010000000"  # a FILETIME: one second after 1970 began
TEN_HOURS = "-360000000000"  # in units of 100 ns, negative: a span, not a date


def main(description: "dict[str, Any]") -> None:
    """Provision the domain, set its password policy and add everybody."""
    import samba.provision  # noqa: PLC0415 - Debian's Python alone has it, and tools read this file too
    from samba.auth import system_session  # noqa: PLC0415
    from samba.dsdb import DS_DOMAIN_FUNCTION_2008_R2  # noqa: PLC0415
    from samba.param import LoadParm  # noqa: PLC0415
    from samba.samdb import SamDB  # noqa: PLC0415

    folder = description["folder"]
    parameters = LoadParm()
    parameters.load(f"{folder}/smb.conf")
    samba.provision.provision(
        logging.getLogger(),
        system_session(),
        smbconf=f"{folder}/smb.conf",
        lp=parameters,
        realm=description["realm"],
        domain=description["domain"],
        hostname=description["host"],
        hostip="127.0.0.1",
        adminpass=description["admin_password"],
        serverrole="active directory domain controller",
        dom_for_fun_level=DS_DOMAIN_FUNCTION_2008_R2,
        dns_backend="NONE",
        skip_sysvolacl=True,
        useeadb=True,  # extended attributes in a file: no rights on the file system needed
        batch_mode=True,
    )
    database = SamDB(f"{folder}/private/sam.ldb", session_info=system_session(), lp=parameters)
    set_policy(database, description["lockout_threshold"])
    for unit in description["units"]:
        database.add_ldif(f"dn: {unit}\nobjectClass: organizationalUnit\n")
    for account in description["accounts"]:
        add_account(database, account)
    for dn in description["expired_passwords"]:
        age_password(database, dn)
    group, members = description["group"], description["members"]
    database.add_ldif(
        f"dn: {group['dn']}\nobjectClass: group\nsAMAccountName: {group['name']}\n"
        + "".join(f"member: {member}\n" for member in members)
    )


def set_policy(database: Any, lockout_threshold: int) -> None:
    """Passwords of any shape and age; lock-out after so many wrong ones (0: never), for ten hours."""
    policy = {
        "minPwdLength": "1",
        "pwdProperties": "0",
        "minPwdAge": "0",
        "maxPwdAge": "-36288000000000",  # 42 days, Windows' own default
        "pwdHistoryLength": "0",
        "lockoutThreshold": str(lockout_threshold),
        "lockoutDuration": TEN_HOURS,
        "lockOutObservationWindow": TEN_HOURS,
    }
    lines = "-\n".join(f"replace: {name}\n{name}: {value}\n" for name, value in policy.items())
    database.modify_ldif(f"dn: {database.domain_dn()}\nchangetype: modify\n{lines}")


def age_password(database: Any, dn: str) -> None:
    """Date a password back to 1970, past the hash module, which would let nobody but itself write that date."""
    from samba.dsdb import DSDB_CONTROL_BYPASS_PASSWORD_HASH_OID  # noqa: PLC0415

    database.modify_ldif(
        f"dn: {dn}\nchangetype: modify\nreplace: pwdLastSet\npwdLastSet: {LONG_AGO}\n",
        controls=[f"local_oid:{DSDB_CONTROL_BYPASS_PASSWORD_HASH_OID}:0"],
    )


def add_account(database: Any, account: "dict[str, Any]") -> None:
    """Add a user with a password, then the attributes that may only be set afterwards."""
    attributes = "".join(f"{name}: {value}\n" for name, value in account["attributes"].items() if value)
    database.add_ldif(f"dn: {account['dn']}\nobjectClass: user\n{attributes}")
    database.setpassword(f"(sAMAccountName={account['attributes']['sAMAccountName']})", account["password"])
    changes = "-\n".join(f"replace: {name}\n{name}: {value}\n" for name, value in account["changes"].items())
    if changes:
        database.modify_ldif(f"dn: {account['dn']}\nchangetype: modify\n{changes}")


if __name__ == "__main__":
    main(json.load(sys.stdin))
