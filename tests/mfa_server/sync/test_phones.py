"""Phone numbers as directories hold them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa_server.sync.phones import Phone, normalise_phone


@pytest.mark.parametrize(
    ("text", "region", "number", "extension"),
    [
        pytest.param("+1 212 555 0123", None, "+12125550123", "", id="international needs no region"),
        pytest.param("(212) 555-0123", "US", "+12125550123", "", id="national"),
        pytest.param("212.555.0123", "US", "+12125550123", "", id="dots"),
        pytest.param("12125550123", "US", "+12125550123", "", id="with the country code, without plus"),
        pytest.param("Mobile: 212 555 0123", "US", "+12125550123", "", id="a label"),
        pytest.param("tel:+1-212-555-0123", None, "+12125550123", "", id="a tel URI"),
        pytest.param("２１２ ５５５ ０１２３", "US", "+12125550123", "", id="full-width digits"),
        pytest.param("212\u00a0555\u20110123\u202c", "US", "+12125550123", "", id="odd blanks, hyphens and marks"),
        pytest.param("+49 (0) 170 1234567", None, "+491701234567", "", id="the optional zero"),
        pytest.param("+44 (0)20 7946 0123", None, "+442079460123", "", id="the optional zero, British"),
        pytest.param("011 44 20 7946 0123", "US", "+442079460123", "", id="the region's own international prefix"),
        pytest.param("0044 20 7946 0123", "US", "+442079460123", "", id="another region's international prefix"),
        pytest.param("491701234567", "US", "+491701234567", "", id="no plus"),
        pytest.param("01511 2345600", "DE", "+4915112345600", "", id="a German mobile"),
        pytest.param("212-555-0123 / 212-555-0199", "US", "+12125550123", "", id="the first of two"),
        pytest.param("n/a, 212-555-0199", "US", "+12125550199", "", id="the first that is one"),
        pytest.param("212-555-0123 (home)", "US", "+12125550123", "", id="a remark"),
        pytest.param("212-555-0123 x456", "US", "+12125550123", "456", id="an extension"),
        pytest.param("212-555-0123 ext. 456", "US", "+12125550123", "456", id="an extension in words"),
        pytest.param("+1-212-555-0123;ext=45", None, "+12125550123", "45", id="an extension as RFC 3966 writes it"),
        pytest.param("212-555-0123 x4 / 212-555-0199", "US", "+12125550199", "", id="one without extension is better"),
        pytest.param("07700 900123", "GB", "+447700900123", "", id="a number of fiction"),
        pytest.param("+44 1632 960104", None, "+441632960104", "", id="another"),
    ],
)  # fmt: skip
def test_what_is_taken(text: str, region: str | None, number: str, extension: str) -> None:
    assert normalise_phone(text, region) == Phone(number, extension)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        pytest.param("", "US", id="nothing"),
        pytest.param("n/a", "US", id="words"),
        pytest.param("-", "US", id="a dash"),
        pytest.param("212 555 0123", None, id="national without a region"),
        pytest.param("555-0123", "US", id="without the area code: possible, and somebody else's"),
        pytest.param("0612345678", "US", id="of another country"),
        pytest.param("0170 1234567", "US", id="of another country, German"),
        pytest.param("x4567", "US", id="an extension alone"),
        pytest.param("4567", "US", id="a short number"),
        pytest.param("911", "US", id="an emergency number"),
        pytest.param("1-800-FLOWERS", "US", id="letters"),
        pytest.param("+44 7700 90012", None, id="a number of fiction, too short"),
        pytest.param("+999 123 456 789", None, id="no such country"),
    ],
)
def test_what_is_refused(text: str, region: str | None) -> None:
    assert normalise_phone(text, region) is None


@given(st.text(max_size=80), st.sampled_from(["US", "GB", "DE", None]))
def test_any_text_gives_e164_or_nothing(text: str, region: str | None) -> None:
    phone = normalise_phone(text, region)
    assert phone is None or re.fullmatch(r"\+[1-9][0-9]{6,14}", phone.number)
