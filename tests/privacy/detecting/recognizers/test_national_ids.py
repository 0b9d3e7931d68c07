"""The file of national numbers, and who checks their digits."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.datafile import table
from edgeroute.privacy.detecting.recognizers.national_ids import NationalIds
from edgeroute.privacy.detecting.text.page import Page

NUMBERS = table("national-ids", list[dict[str, Any]])


def found(text: str) -> list[tuple[str, str]]:
    """The types and texts of what is found."""
    return [(hit.type, text[hit.start : hit.end]) for hit in NationalIds().find(Page(text))]


def test_each_number_is_named_once() -> None:
    """A reviewer can tell one number from another."""
    assert len({number["of"] for number in NUMBERS}) == len(NUMBERS)


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number["of"])
def test_its_digits_have_a_checker_and_its_type_is_found(number: dict[str, Any]) -> None:
    """The module that a number names exists in python-stdnum, and its type is one of ours."""
    assert number.get("type", "NATIONAL_ID") in NationalIds.types
    assert len(number["shape"]) <= 200
    if check := number.get("check"):
        assert importlib.import_module(f"stdnum.{check}").is_valid("x") is False
    assert not number.get("alone") or (number["check"] and number["words"])


@given(
    st.integers(1, 999).filter(lambda area: area != 666), st.integers(1, 99), st.integers(10, 9999)
)
def test_a_social_security_number_is_found_whatever_its_area(a: int, b: int, c: int) -> None:
    """In plain words the shape is enough: those of areas that are never given, too."""
    number = f"{a:03}-{b:02}-{c:04}"
    whole = [("US_SSN", number)]
    dull = len({*number}) <= 4  # 111-22-3333
    assert dull or found(f"Please check this for me: {number}") == whole


@pytest.mark.parametrize("number", ["36803253716", "10000000146", "15108695088", "93051822361"])
def test_a_number_with_two_checks_is_found_alone_in_a_note(number: str) -> None:
    """Without a word, too; not among the rows of a table, where chance finds them."""
    assert found(f"is this right {number}") == [("NATIONAL_ID", number)]
    assert not found("\n".join(f"{place} {number}" for place in range(20)))
