"""Logons as a NetScaler does them, against real directories, over two server processes."""

from concurrent.futures import ThreadPoolExecutor

import ldap3.core.exceptions
import pytest

from tests.gateways.conftest import Person, anybody
from tests.support.processes import wait_until
from tests.support.samba import SambaAd
from tests.support.site import Site


@pytest.fixture
def person(site: Site) -> Person:
    return anybody(site)


def is_ad(site: Site) -> bool:
    return isinstance(site.directory, SambaAd)


def challenge_of(site: Site, name: str) -> dict[str, object]:
    """What the server says of somebody's open challenge."""
    shown = site.json("users", "show", name)
    found: list[dict[str, object]] = shown.get("user", shown).get("openChallenges", [])
    return found[0] if found else {}


def answered(person: Person, gateway, code_count: int) -> tuple[str, object]:
    """Bind a person, take the text's code off the phone; returns the code and the future answer."""
    later = gateway.bind_later(person.account.dn, person.account.password)
    return person.site.text_after(code_count), later


@pytest.mark.parametrize("start_tls", [False, True], ids=["LDAPS", "StartTLS"])
def test_the_whole_sequence_service_bind_search_user_bind_that_waits_unbind(person, start_tls):
    site = person.site
    gateway = site.signed_in(start_tls=start_tls)
    attribute = "sAMAccountName" if is_ad(site) else "uid"
    found = gateway.search(site.directory.suffix, f"(&({attribute}={person.name})(objectClass=*))")
    assert [entry["dn"].casefold() for entry in found] == [person.account.dn.casefold()]
    binds, texts, total = person.binds, person.texts(), len(site.texts())
    code, later = answered(person, gateway, total)
    assert not later.done()
    assert "granted" in site.mfa("reply", person.name, code)
    assert later.result(10).granted
    assert (person.binds - binds, person.texts() - texts) == (1, 1)
    gateway.search(site.directory.suffix, "(objectClass=*)")
    assert gateway.result == 50
    gateway.unbind()
    assert person.ended() == [("granted", "factorCompleted")]


def test_a_wrong_password_gets_the_directorys_own_code_and_text_and_no_message(person):
    gateway = person.site.signed_in()
    binds = person.binds
    answer = person.bind(gateway, "wrong")
    assert answer.code == 49
    assert person.binds == binds + 1
    assert person.texts() == 0 or person.ended()[-1] == ("refused", "wrongPassword")
    if is_ad(person.site):
        assert ", data 52e, " in answer.text


@pytest.mark.parametrize(("name", "code"), [("must-change", "773"), ("disabled", "533"), ("locked", "775")])
def test_active_directorys_sub_codes_reach_the_gateway_unchanged(locking_ad, name, code):
    site = locking_ad
    account = site.directory.account(name)
    gateway = site.signed_in()
    answer = gateway.bind(account.dn, account.password)
    assert answer.code == 49
    assert f", data {code}, " in answer.text
    assert answer.text.startswith("80090308: LdapErr: ")


def test_a_denied_sign_in_is_refused_without_a_sub_code(person):
    gateway = person.site.signed_in()
    code, later = answered(person, gateway, len(person.site.texts()))
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(3):
        with pytest.raises(RuntimeError, match="wrong"):
            person.site.mfa("reply", person.name, wrong)
    answer = later.result(10)
    assert (answer.code, "data" in answer.text) == (49, False)
    assert person.ended() == [("refused", "factorDenied")]


def test_a_sign_in_that_nobody_answers_is_refused_before_the_gateway_gives_up(person):
    gateway = person.site.signed_in(source="127.0.0.3")
    answer = person.bind(gateway)
    assert (answer.code, "data" in answer.text) == (49, False)
    assert person.ended() == [("refused", "factorExpired")]


def test_an_empty_password_is_refused_and_the_directory_never_asked(person):
    gateway = person.site.signed_in()
    binds = person.binds
    assert gateway.bind(person.account.dn, "").code == 53
    assert gateway.bind(person.account.dn, ",123456").code == 53
    assert person.binds == binds


def test_an_unknown_user_is_refused_unless_the_client_lets_him_in_by_password(site):
    stranger = site.directory.account("svc-mfa" if "svc-mfa" in site.directory.accounts else "mfa")
    strict = site.signed_in()
    assert strict.bind(stranger.dn, stranger.password).code == 49
    lenient = site.signed_in(source="127.0.0.2")
    assert lenient.bind(stranger.dn, stranger.password).granted
    assert [
        (row["result"], row["reason"]) for row in reversed(site.audit()[:4]) if row["reason"].startswith("userUnknown")
    ] == [("refused", "userUnknown"), ("granted", "userUnknownAllowed")]


def test_a_service_account_is_not_prompted(site):
    texts = len(site.texts())
    site.signed_in().unbind()
    assert len(site.texts()) == texts


def test_a_connection_from_an_unknown_address_is_closed_before_any_handshake(site):
    with pytest.raises((OSError, ldap3.core.exceptions.LDAPExceptionError)):
        site.gateway(source="127.0.0.9").bind(site.service.dn, site.service.password)


def test_a_password_without_tls_is_refused_and_the_directory_never_asked(person):
    binds = person.binds
    gateway = person.site.gateway(plain=True)
    assert person.bind(gateway).code == 13
    assert person.binds == binds


def test_a_person_cannot_bind_before_the_service_account_with_the_netscaler_preset(person):
    binds = person.binds
    gateway = person.site.gateway(source="127.0.0.4")
    assert person.bind(gateway).code == 49
    assert person.binds == binds
    assert person.ended() == [("refused", "noServiceBindFirst")]


def test_a_service_account_typed_at_the_gateways_page_is_refused_and_alerted(site):
    gateway = site.signed_in()
    service = site.service
    attribute = "sAMAccountName" if is_ad(site) else "cn"
    assert gateway.search(site.directory.suffix, f"({attribute}=svc-netscaler)") == []
    binds = site.directory.binds_of(service.dn)  # the search connection's own bind is among them
    assert gateway.bind(service.dn, service.password).code == 49
    assert site.directory.binds_of(service.dn) == binds
    newest = site.audit()[0]
    assert (newest["reason"], newest.get("alert")) == ("serviceAccountInteractive", True)


def test_identical_binds_take_the_logon_over_and_the_newest_is_answered(person):
    site = person.site
    binds, texts = person.binds, person.texts()
    first = site.signed_in()
    code, older = answered(person, first, len(site.texts()))
    newer = site.signed_in().bind_later(person.account.dn, person.account.password)
    answer = older.result(10)
    assert (answer.code, "data" in answer.text) == (49, False)
    site.mfa("reply", person.name, code)
    assert newer.result(10).granted
    assert (person.binds - binds, person.texts() - texts) == (1, 1)


def test_the_third_take_over_voids_the_challenge_denies_both_and_alerts(person):
    site = person.site
    texts = person.texts()
    code, *waiting = answered(person, site.signed_in(), len(site.texts()))
    for _ in range(2):
        newer = site.signed_in().bind_later(person.account.dn, person.account.password)
        assert waiting[-1].result(10).code == 49
        waiting.append(newer)
    assert person.bind(site.signed_in()).code == 49
    assert waiting[-1].result(10).code == 49
    assert person.texts() - texts == 1
    with pytest.raises(RuntimeError, match="no logon waits"):
        site.mfa("reply", person.name, code)
    assert ("refused", "takeOverLimit") in person.ended()
    assert any(row.get("alert") and row["reason"] == "takeOverLimit" for row in site.audit())


def test_an_approval_that_could_not_be_delivered_is_given_once_more(person):
    site = person.site
    binds, texts = person.binds, person.texts()
    gateway = site.signed_in()
    code, _ = answered(person, gateway, len(site.texts()))
    gateway.drop()
    wait_until("the server has noticed", lambda: challenge_of(site, person.name).get("waiting") is False)
    assert "granted" in site.mfa("reply", person.name, code)
    assert person.bind(site.signed_in()).granted
    assert (person.binds - binds, person.texts() - texts) == (2, 1)
    assert person.ended() == [("granted", "factorCompleted"), ("granted", "redelivered")]


def test_a_gateway_that_closes_and_binds_again_goes_on_with_the_same_challenge(person):
    site = person.site
    binds, texts = person.binds, person.texts()
    gateway = site.signed_in()
    code, _ = answered(person, gateway, len(site.texts()))
    gateway.drop()
    again = site.signed_in().bind_later(person.account.dn, person.account.password)
    with pytest.raises(TimeoutError):
        again.result(1)
    site.mfa("reply", person.name, code)
    assert again.result(10).granted
    assert (person.binds - binds, person.texts() - texts) == (1, 1)


def test_a_second_bind_on_the_same_connection_goes_on_with_the_same_challenge(person):
    site = person.site
    texts = person.texts()
    gateway = site.signed_in()
    before = len(site.texts())
    gateway.send_bind(person.account.dn, person.account.password)
    code = site.text_after(before)
    again = gateway.bind_later(person.account.dn, person.account.password)
    with pytest.raises(TimeoutError):
        again.result(1)
    site.mfa("reply", person.name, code)
    assert again.result(10).granted
    assert person.texts() - texts == 1


def test_a_challenge_whose_gateway_stays_away_is_void_and_a_late_answer_is_told_so(person):
    site = person.site
    gateway = site.signed_in()
    code, _ = answered(person, gateway, len(site.texts()))
    gateway.drop()
    wait_until("the window is over", lambda: person.ended() == [("refused", "gatewayGone")], seconds=20)
    with pytest.raises(RuntimeError, match="went away"):
        site.mfa("reply", person.name, code)


def test_a_user_blocked_while_his_challenge_waits_is_not_let_in(person):
    site = person.site
    gateway = site.signed_in()
    code, later = answered(person, gateway, len(site.texts()))
    site.mfa("users", "block", person.name, "--reason", "test")
    with pytest.raises(RuntimeError):
        site.mfa("reply", person.name, code)
    assert later.result(10).code == 49
    assert person.ended() == [("refused", "epochChanged")]
    binds = person.binds
    assert person.bind(site.signed_in()).code == 49
    assert person.binds == binds


def token_code(site: Site, name: str) -> str:
    """Give somebody a new token and return its code of now."""
    from urllib.parse import parse_qs, urlsplit  # noqa: PLC0415 - only here

    from mfa_server.clock import SystemClock  # noqa: PLC0415
    from mfa_server.factors.totp import code_at, parse_base32, step_at  # noqa: PLC0415

    made = site.json("tokens", "add", name, "--generate")
    secret = parse_base32(parse_qs(urlsplit(made["uri"]).query)["secret"][0])
    return code_at(secret, step_at(SystemClock().now(), 30))


def test_a_code_typed_after_the_password_lets_somebody_in_once(person):
    site = person.site
    texts = person.texts()
    typed = f"{person.account.password},{token_code(site, person.name)}"
    assert site.signed_in().bind(person.account.dn, typed).granted
    assert site.signed_in().bind(person.account.dn, typed).code == 49
    assert person.ended() == [("granted", "codeAccepted"), ("refused", "codeAlreadyUsed")]
    assert person.texts() == texts


def test_of_sixty_four_parallel_uses_of_one_code_one_is_granted(person):
    site = person.site
    gateways = [site.signed_in() for _ in range(64)]
    typed = f"{person.account.password},{token_code(site, person.name)}"
    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda gateway: gateway.bind(person.account.dn, typed), gateways))
    assert sorted(answer.code for answer in answers) == [0, *[49] * 63]
    for gateway in gateways:
        gateway.unbind()


def test_refusals_before_the_bind_cost_none(person):
    site = person.site
    person.bind(site.signed_in(), "wrong")
    binds = person.binds
    assert person.bind(site.signed_in(), "wrong").code == 49
    assert person.bind(site.signed_in(), "another").code == 49
    assert site.signed_in().bind("cn=nobody," + site.directory.suffix, "x").code == 49
    assert person.binds == binds
    assert [reason for _, reason in person.ended()] == ["wrongPassword", "repeatedWrongPassword", "tooSoon"]


def test_a_directory_that_is_down_is_answered_with_unavailable(openldap):
    person = anybody(openldap)
    gateway = openldap.signed_in()
    openldap.directory.stop()
    try:
        assert person.bind(gateway).code == 52
    finally:
        openldap.directory.start()
    assert person.ended()[-1:] in ([], [("refused", "directoryUnavailable")])
    # each process finds out by itself; eight connections reach both of them
    wait_until("the directory is used again", lambda: all(served_again(openldap) for _ in range(8)), seconds=60)


def served_again(site: Site) -> bool:
    return site.gateway().bind(site.service.dn, site.service.password).granted
