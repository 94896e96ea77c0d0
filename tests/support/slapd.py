"""OpenLDAP's slapd as a test directory: own configuration and data folders, any ports, no root needed.

Debian's packages: slapd, ldap-utils. The server logs one line per operation ("stats"), from which binds are counted.
Lock-out is on (ppolicy, three failures), `memberOf` is kept by the server, anonymous sees nothing.
"""

import re
from pathlib import Path

from typing_extensions import override

from tests.support.certificates import Authority
from tests.support.directory import DirectoryServer
from tests.support.people import GROUP, PEOPLE, Account, display_name, mail_of, mobile_of, password_of
from tests.support.processes import Program, run

__all__ = ["Slapd"]

SUFFIX = "dc=example,dc=test"
SERVICES = ("svc-netscaler", "mfa")
SCHEMAS = ("core", "cosine", "inetorgperson", "nis")
SCHEMA_FOLDER = "/etc/ldap/schema"
MODULE_FOLDER = "/usr/lib/ldap"
BIND_LINE = re.compile(r' BIND dn="(?P<dn>[^"]*)" method=128$', re.MULTILINE)  # the line with mech= is the success

CONFIGURATION = """\
dn: cn=config
objectClass: olcGlobal
cn: config
olcPidFile: {folder}/slapd.pid
olcArgsFile: {folder}/slapd.args
olcTLSCACertificateFile: {ca_file}
olcTLSCertificateFile: {certificate}
olcTLSCertificateKeyFile: {key}
olcSizeLimit: 500

dn: cn=module,cn=config
objectClass: olcModuleList
cn: module
olcModulePath: {modules}
olcModuleLoad: back_mdb
olcModuleLoad: memberof
olcModuleLoad: ppolicy
olcModuleLoad: syncprov

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

{schemas}

dn: olcDatabase=config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: config
olcRootDN: cn=admin,cn=config
olcRootPW: {admin_password}

dn: olcDatabase=mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: mdb
olcSuffix: {suffix}
olcRootDN: {admin_dn}
olcRootPW: {admin_password}
olcDbDirectory: {folder}/data
olcDbMaxSize: 1073741824
olcDbEnvFlags: nosync
olcDbIndex: objectClass,entryUUID,entryCSN eq
olcDbIndex: uid,mail,member,memberOf,modifyTimestamp eq
olcLimits: dn.exact="cn=mfa,ou=service,{suffix}" size=unlimited time=unlimited
olcAccess: to attrs=userPassword by self write by anonymous auth by * none
olcAccess: to * by users read by * none

dn: olcOverlay=memberof,olcDatabase={{1}}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcMemberOf
olcOverlay: memberof
olcMemberOfRefint: TRUE

dn: olcOverlay=ppolicy,olcDatabase={{1}}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcPPolicyConfig
olcOverlay: ppolicy
olcPPolicyDefault: cn=default,ou=policies,{suffix}
olcPPolicyUseLockout: TRUE

dn: olcOverlay=syncprov,olcDatabase={{1}}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcSyncProvConfig
olcOverlay: syncprov
olcSpSessionlog: 10000
"""

FRAME = """\
dn: {suffix}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=policies,{suffix}
objectClass: organizationalUnit
ou: policies

dn: cn=default,ou=policies,{suffix}
objectClass: device
objectClass: pwdPolicy
cn: default
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: 3
pwdLockoutDuration: 3600

dn: ou=people,{suffix}
objectClass: organizationalUnit
ou: people

dn: ou=service,{suffix}
objectClass: organizationalUnit
ou: service

dn: ou=groups,{suffix}
objectClass: organizationalUnit
ou: groups
"""


class Slapd(DirectoryServer):
    """One slapd with the people of `tests.support.people`, two service accounts and the group `mfa-users`."""

    suffix = SUFFIX
    admin_dn = f"cn=admin,{SUFFIX}"
    admin_password = "Admin-likes-tea-1"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "data").mkdir(parents=True)
        (folder / "config").mkdir()
        self.accounts = {account.name: account for account in (*map(_person, PEOPLE), *map(_service, SERVICES))}
        self._authority = Authority(folder / "tls")
        self._log = folder / "slapd.log"
        self._configure()
        self.start()
        self._populate()

    @property
    @override
    def ca_file(self) -> Path:
        return self._authority.ca_file

    @override
    def start(self) -> None:
        if self.running:
            return
        command = ("slapd", "-F", f"{self.folder}/config", "-h", f"{self.ldap_url}/ {self.ldaps_url}/", "-d", "stats")
        self._program = Program(command, self._log)
        self._program.wait_for("slapd answers", self._answers)

    @override
    def reset_user(self, name: str) -> None:
        # the root DN's password change also forgets failures and a lock-out (ppolicy)
        account = self.account(name)
        self.apply(
            f"dn: {account.dn}\nchangetype: modify\nreplace: userPassword\nuserPassword: {account.password}\n"
            + (f"-\nreplace: mobile\nmobile: {account.mobile}\n" if account.mobile else "")
        )

    @override
    def bound_dns(self) -> list[str]:
        return BIND_LINE.findall(self._log.read_text(errors="replace"))

    def _answers(self) -> bool:
        try:
            self._ldap_tool("ldapwhoami")
        except RuntimeError:
            return False
        return True

    def _configure(self) -> None:
        pair = self._authority.issue_for_this_machine("slapd")
        text = CONFIGURATION.format(
            folder=self.folder,
            modules=MODULE_FOLDER,
            ca_file=self.ca_file,
            certificate=pair.certificate,
            key=pair.key,
            suffix=self.suffix,
            admin_dn=self.admin_dn,
            admin_password=self.admin_password,
            schemas="\n".join(f"include: file://{SCHEMA_FOLDER}/{schema}.ldif" for schema in SCHEMAS),
        )
        source = self.folder / "configuration.ldif"
        source.write_text(text)
        run("slapadd", "-n", "0", "-F", f"{self.folder}/config", "-l", str(source))

    def _populate(self) -> None:
        self.add(FRAME.format(suffix=self.suffix))
        self.add("\n".join(_entry(self.accounts[name]) for name in PEOPLE))
        self.add("\n".join(_service_entry(self.accounts[name]) for name in SERVICES))
        members = "".join(f"member: {self.accounts[name].dn}\n" for name in PEOPLE)
        self.add(f"dn: cn={GROUP},ou=groups,{self.suffix}\nobjectClass: groupOfNames\ncn: {GROUP}\n{members}")


def _person(name: str) -> Account:
    return Account(
        name=name,
        dn=f"uid={name},ou=people,{SUFFIX}",
        password=password_of(name),
        mail=mail_of(name),
        mobile=mobile_of(name),
    )


def _service(name: str) -> Account:
    return Account(name=name, dn=f"cn={name},ou=service,{SUFFIX}", password=password_of(name))


def _entry(account: Account) -> str:
    mobile = f"mobile: {account.mobile}\n" if account.mobile else ""
    return (
        f"dn: {account.dn}\nobjectClass: inetOrgPerson\nuid: {account.name}\n"
        f"cn: {display_name(account.name)}\nsn: Example\ngivenName: {account.name.capitalize()}\n"
        f"mail: {account.mail}\n{mobile}telephoneNumber: +49 30 9018 {PEOPLE.index(account.name):02d}\n"
        f"userPassword: {account.password}\n"
    )


def _service_entry(account: Account) -> str:
    return (
        f"dn: {account.dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\n"
        f"cn: {account.name}\nuserPassword: {account.password}\n"
    )
