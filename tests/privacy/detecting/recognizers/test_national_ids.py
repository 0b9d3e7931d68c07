"""The file of national numbers, and who checks their digits."""

from __future__ import annotations

import importlib

import pytest

from edgeroute.datafile import table
from edgeroute.privacy.detecting.recognizers.national_ids import NationalIds

NUMBERS = table("national-ids", list[dict[str, str]])


def test_each_number_is_named_once() -> None:
    """A reviewer can tell one number from another."""
    assert len({number["of"] for number in NUMBERS}) == len(NUMBERS)


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number["of"])
def test_its_digits_have_a_checker_and_its_type_is_found(number: dict[str, str]) -> None:
    """The module that a number names exists in python-stdnum, and its type is one of ours."""
    assert number.get("type", "NATIONAL_ID") in NationalIds.types
    assert len(number["shape"]) <= 200
    if check := number.get("check"):
        assert importlib.import_module(f"stdnum.{check}").is_valid("x") is False
