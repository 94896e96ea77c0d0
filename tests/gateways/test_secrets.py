"""What people type stays where it belongs: no password and no code in logs, audit, metrics or on disk."""

import json
import urllib.request

from tests.gateways.conftest import anybody
from tests.gateways.test_netscaler import token_code
from tests.support.site import TEXT


def test_passwords_and_codes_appear_in_no_log_audit_row_metric_or_file(openldap):
    site, person = openldap, anybody(openldap)
    wrong = "wrong-8f31c7-password"
    gateway = site.signed_in()
    gateway.bind(person.account.dn, wrong)
    site.mfa("users", "unlock", person.name)
    code = token_code(site, person.name)
    typed = f"{person.account.password},{code}"
    assert site.signed_in().bind(person.account.dn, typed).granted
    with urllib.request.urlopen(f"http://127.0.0.1:{site.health_port}/metrics", timeout=10) as answer:
        metrics = answer.read().decode()
    # the console provider's own lines are the one place where a code is printed
    logs = "\n".join(line for line in site.output().splitlines() if not TEXT.search(line))
    rows = json.dumps(site.audit())
    for secret in (wrong, person.account.password, site.service.password, typed):
        for told in (logs, rows, metrics):
            assert secret not in told
    for file in (site.state / "store").iterdir():
        content = file.read_bytes()
        assert wrong.encode() not in content
        assert person.account.password.encode() not in content
