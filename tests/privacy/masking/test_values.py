"""A number, a date, an address that is known is found however it is written."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.privacy.masking.values import ValueForms


def left(type_: str, value: str, text: str) -> str:
    """What remains of ``text`` without the forms of one value."""
    kept = list(text)
    for spot in ValueForms([("X_1", type_, value)]).find(text):
        kept[spot.start : spot.end] = [""] * (spot.end - spot.start)
    return "".join(kept)


@given(
    day=st.dates(dt.date(1930, 1, 1), dt.date(2015, 12, 31)),
    known=st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y"]),
    form=st.sampled_from(
        [
            "%Y-%m-%d", "%d/%m/%Y", "%d.%m.%y", "%m/%d/%Y", "%Y%m%d", "%d%m%Y", "%d %B %Y",
            "%B %d, %Y", "%d-%b-%Y", "%Y年%m月%d日", "%dth of %B %Y", "%Y/%m/%d",
        ]
    ),
)  # fmt: skip
def test_a_birth_date_is_found_in_every_form(day: dt.date, known: str, form: str) -> None:
    """Order, separators, names of months, short years: the same day is the same value."""
    written = day.strftime(form)
    assert left("DATE_OF_BIRTH", day.strftime(known), f"on {written}.") == "on ."


@pytest.mark.parametrize(
    "written", ["7. März 1984", "7 mars 1984", "7 марта 1984", "7 marca 1984", "7 mart 1984"]
)
def test_months_are_read_in_many_languages(written: str) -> None:
    """The name of the month says the same."""
    assert left("DATE_OF_BIRTH", "1984-03-07", written) == ""


DIGITS = st.integers(10**8, 10**12 - 1).map(str)


@given(
    code=DIGITS,
    gaps=st.lists(st.sampled_from(["", " ", "-", ".", "/"]), min_size=12, max_size=12),
    type_=st.sampled_from(["BANK_ACCOUNT", "US_SSN", "CREDIT_CARD", "NATIONAL_ID"]),
)
def test_a_number_is_found_in_any_grouping(code: str, gaps: list[str], type_: str) -> None:
    """Digits are the same with any separators, run together, and as the last four alone."""
    written = "".join(f"{digit}{gap}" for digit, gap in zip(code, gaps, strict=False)).strip(" -./")
    assert left(type_, code, f"no {written}!") == "no !"
    assert left(type_, written, f"no {code}!") == "no !"
    assert left(type_, code, f"card *{code[-4:]}!").strip("*") == "card *!"


@pytest.mark.parametrize(
    "written",
    ["02079460958", "0044 20 7946-0958", "(020) 7946 0958", "442079460958", "79460958", "x0958"],
)
def test_a_phone_is_found_with_and_without_its_prefix(written: str) -> None:
    """Country code, trunk prefix, brackets and an extension's digits."""
    assert not any(map(str.isdigit, left("PHONE_NUMBER", "+44 20 7946 0958", written)))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Lindenstraße 12, 10969 Berlin", "10969 Berlin, Lindenstrasse 12"),
        ("14 Fernhill Road, Leeds LS6 2QT", "LS6 2QT Leeds, 14 Fernhill"),
        ("Rua das Acácias 80", "80, Acacias"),
    ],
)
def test_an_address_is_found_in_another_order(value: str, text: str) -> None:
    """Street, number, code and place in any order."""
    assert left("STREET_ADDRESS", value, text) == ""


@pytest.mark.parametrize(
    "written", ["A.BRANDT@FJORDMAIL.NO", "a.brandt%40fjordmail.no", "a.brandt at fjordmail dot no"]
)
def test_an_address_of_mail_is_found_written_out(written: str) -> None:
    """In capitals, escaped, in words."""
    assert left("EMAIL_ADDRESS", "a.brandt@fjordmail.no", written) == ""


def test_other_numbers_are_left_alone() -> None:
    """What merely holds or ends with the same digits as a part of a larger number is not it."""
    for text in ("1123456789", "1234567890", "3.6789", "2024-01-01", "16789"):
        assert left("BANK_ACCOUNT", "123456789", text) == text


def test_a_long_text_costs_little() -> None:
    """Time grows with the text, also where it is all digits."""
    for text in ("1" * 300_000, "1 " * 300_000, "12 Linden " * 60_000):
        assert left("PHONE_NUMBER", "+44 20 7946 0958", text) == text
