"""One-time passwords of OATH tokens against the RFCs' vectors and by properties."""

import contextlib
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.clock import SystemRandomness
from mfa_server.factors.totp import (
    SECRET_BYTES,
    SecretFormatError,
    TotpMatch,
    TotpOutcome,
    code_at,
    format_base32,
    generate_secret,
    match,
    parse_base32,
    provisioning_uri,
    step_at,
)

__all__: list[str] = []

NOW = datetime(2026, 11, 24, 10, 0, 15, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30
SECRET = b"12345678901234567890"
SEEDS = {
    "SHA1": SECRET,
    "SHA256": b"12345678901234567890123456789012",
    "SHA512": b"1234567890123456789012345678901234567890123456789012345678901234",
}

# RFC 6238, appendix B: time in seconds, code with eight digits for each algorithm
RFC_6238 = [
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]

# RFC 4226, appendix D: counters 0 to 9, six digits
RFC_4226 = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]


@pytest.mark.parametrize(
    ("seconds", "algorithm", "expected"),
    [(row[0], name, row[column]) for row in RFC_6238 for column, name in enumerate(SEEDS, start=1)],
)
def test_codes_are_those_of_rfc_6238_appendix_b(seconds: int, algorithm: str, expected: str) -> None:
    step = step_at(datetime.fromtimestamp(seconds, UTC), 30)
    assert code_at(SEEDS[algorithm], step, 8, algorithm) == expected


@pytest.mark.parametrize(("counter", "expected"), list(enumerate(RFC_4226)))
def test_codes_are_those_of_rfc_4226_appendix_d(counter: int, expected: str) -> None:
    assert code_at(SECRET, counter) == expected


def test_an_unknown_algorithm_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="unknown algorithm 'MD5'; use one of SHA1, SHA256, SHA512"):
        code_at(SECRET, 1, algorithm="MD5")


@pytest.mark.parametrize("distance", [-1, 0, 1])
def test_a_code_of_the_window_is_accepted_with_its_own_step(distance: int) -> None:
    assert match(SECRET, code_at(SECRET, STEP + distance), NOW) == TotpMatch(TotpOutcome.ACCEPTED, STEP + distance)


@pytest.mark.parametrize("distance", [-2, 2])
def test_a_code_outside_the_window_is_wrong(distance: int) -> None:
    assert match(SECRET, code_at(SECRET, STEP + distance), NOW) == TotpMatch(TotpOutcome.WRONG)


def test_a_wider_drift_widens_the_window() -> None:
    assert match(SECRET, code_at(SECRET, STEP - 2), NOW, drift=2).outcome is TotpOutcome.ACCEPTED


@pytest.mark.parametrize("last_step", [STEP, STEP + 1])
def test_a_right_code_of_a_step_up_to_the_last_one_is_used(last_step: int) -> None:
    assert match(SECRET, code_at(SECRET, STEP), NOW, last_step=last_step) == TotpMatch(TotpOutcome.USED, STEP)


def test_a_wrong_code_is_wrong_even_where_every_step_of_the_window_was_used() -> None:
    wrong = code_at(SECRET, STEP + 50)
    assert match(SECRET, wrong, NOW, last_step=STEP + 1).outcome is TotpOutcome.WRONG


@pytest.mark.parametrize("typed", ["", "1", "1234567", "abcdef", "12345\ud800", "１２３４５６", "+12345", " 12345"])
def test_what_is_no_code_is_wrong_and_raises_nothing(typed: str) -> None:
    assert match(SECRET, typed, NOW).outcome is TotpOutcome.WRONG


def test_the_window_does_not_reach_before_1970() -> None:
    assert match(SECRET, code_at(SECRET, 0), datetime.fromtimestamp(0, UTC), drift=3).step == 0


def test_a_code_that_fits_two_steps_counts_as_the_newest_so_that_it_is_used_up() -> None:
    # among steps with one-digit-apart codes of 6 digits a collision inside a window of 2001 steps is certain enough to search for
    seen: dict[str, int] = {}
    for step in range(STEP - 3000, STEP + 3000):
        code = code_at(SECRET, step)
        if code in seen:
            break
        seen[code] = step
    else:
        pytest.fail("no collision found")
    middle = datetime.fromtimestamp((seen[code] + step) // 2 * 30, UTC)
    reach = step - seen[code]
    assert match(SECRET, code, middle, drift=reach).step == step
    assert match(SECRET, code, middle, drift=reach, last_step=step).outcome is TotpOutcome.USED


@given(
    secret=st.binary(min_size=10, max_size=64),
    seconds=st.integers(min_value=10**6, max_value=2**33),
    distance=st.integers(min_value=-1, max_value=1),
    algorithm=st.sampled_from(sorted(SEEDS)),
    digits=st.integers(min_value=6, max_value=8),
)
def test_every_code_of_the_window_fits_once(
    secret: bytes, seconds: int, distance: int, algorithm: str, digits: int
) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    code = code_at(secret, step_at(now, 60) + distance, digits, algorithm)
    first = match(secret, code, now, period=60, digits=digits, algorithm=algorithm)
    again = match(secret, code, now, period=60, digits=digits, algorithm=algorithm, last_step=first.step)
    assert len(code) == digits
    assert (first.outcome, again.outcome) == (TotpOutcome.ACCEPTED, TotpOutcome.USED)


@given(st.binary(min_size=10, max_size=128))
def test_base32_comes_back_as_it_went(secret: bytes) -> None:
    assert parse_base32(format_base32(secret)) == secret


def test_base32_is_read_as_people_write_it() -> None:
    assert parse_base32("gezd gnbv-GY3T QOJQ\tgezdgnbvgy3tqojq") == SECRET


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("GEZDGNB1GY3TQOJQ", "character 8 of the token secret is not Base32; Base32 has the letters A to Z"),
        ("GEZDGNBVGY3TQOJQG", "the token secret has 17 Base32 characters, a number that cannot be; check"),
        (
            "GEZDGNBV",
            "the token secret has 5 bytes; 10 to 128 bytes are accepted, that is 16 Base32 characters or more",
        ),
        ("", "the token secret has 0 bytes"),
        ("A" * 240, "the token secret has 150 bytes"),
    ],
)
def test_a_bad_secret_is_refused_without_being_shown(text: str, message: str) -> None:
    with pytest.raises(SecretFormatError) as refused:
        parse_base32(text)
    assert str(refused.value).startswith(message)
    assert not text or text not in str(refused.value)


@given(st.text())
def test_any_text_is_a_secret_or_the_documented_error(text: str) -> None:
    with contextlib.suppress(SecretFormatError):
        assert 10 <= len(parse_base32(text)) <= 128


def test_a_generated_secret_has_160_bits_and_differs_from_the_next() -> None:
    randomness = SystemRandomness()
    first, second = generate_secret(randomness), generate_secret(randomness)
    assert len(first) == SECRET_BYTES == 20
    assert first != second


def test_the_provisioning_uri_is_what_apps_read() -> None:
    assert (
        provisioning_uri("Example Corp", "anna@example.com", SECRET)
        == "otpauth://totp/Example%20Corp:anna@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        "&issuer=Example%20Corp&algorithm=SHA1&digits=6&period=30"
    )


@given(issuer=st.text(min_size=1), account=st.text(min_size=1))
def test_names_survive_the_uri_whatever_they_contain(issuer: str, account: str) -> None:
    try:
        (issuer + account).encode()
    except UnicodeEncodeError:
        return  # a lone surrogate is in no name
    parts = urlsplit(provisioning_uri(issuer, account, SECRET, digits=8, period=60, algorithm="SHA256"))
    label = unquote(parts.path.removeprefix("/"))
    query = parse_qs(parts.query, keep_blank_values=True)
    assert label == f"{issuer.replace(':', ' ')}:{account.replace(':', ' ')}"
    assert "+" not in parts.query
    assert query["issuer"] == [issuer.replace(":", " ")]
    assert (query["digits"], query["period"], query["algorithm"]) == (["8"], ["60"], ["SHA256"])


def test_the_step_changes_on_the_period() -> None:
    start = datetime.fromtimestamp(STEP * 30, UTC)
    assert step_at(start + timedelta(seconds=29.999), 30) == STEP
    assert step_at(start + timedelta(seconds=30), 30) == STEP + 1
