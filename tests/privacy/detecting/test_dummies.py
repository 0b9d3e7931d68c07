"""Published example values are nobody's, in every form and as every kind of finding."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.datafile import table
from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.detecting.dummies import is_dummy, spans
from edgeroute.privacy.policy import PrivacyPolicy
from edgeroute.word_lists import split

VALUES = [
    (kind, value)
    for kind, group in table("dummies", dict)["values"].items()
    for value in split(group)
]
DETECTOR = Detector(msgspec.structs.replace(PrivacyPolicy.load(), names="off"), Path())


@pytest.mark.parametrize(
    "text",
    [
        "Mail jsmith@example.com or anna@shop.test about the card 4242 4242 4242 4242.",
        "IBAN DE89 3704 0044 0532 0130 00 and SA03 8000 0000 6080 1016 7519",
        "SSN: 078-05-1120, 219-09-9999, 123-45-6789, 000-12-3456, 666-12-3456, 987-65-4321",
        "NINO QQ 12 34 56 C, DNI 12345678Z, codice fiscale RSSMRA80A01H501U, PESEL 44051401359",
        "personnummer 19121212-1212, henkil\u00f6tunnus 131052-308T, CPF 123.456.789-09",
        "\u8eab\u4efd\u8bc1 11010519491231002X, PAN ABCDE1234F",
        "\u0421\u041d\u0418\u041b\u0421 112-233-445 95",
        "call (212) 555-0187, +44 20 7946 0958, 07700 900123, 06 39 98 12 34, 030 23125 000",
        "ring +46 70 174 06 05, 0491 570 156, mobile 98765 43210",
        "the host 203.0.113.7 or 2001:db8::1, MAC 00:1B:44:11:3A:B7, IMEI 490154203237518",
        "card 4000 0000 0000 9995 is declined, 5555555555554444 is not",
        "numero de s\u00e9cu 2 69 05 49 588 157 80, NHS number 943 476 5919",
    ],
)
def test_a_dummy_does_not_count_and_becomes_nothing_else(text: str) -> None:
    """Values of manuals, test pages and regulators, next to the words that would hold others."""
    assert DETECTOR.scan(text, full=True).findings == ()


@pytest.mark.parametrize(
    "text",
    [
        "Mail jsmith@fjordmail.no about the card 4716 2536 1029 8830.",
        "Her IBAN is DE28 5005 0201 0734 9120 86",
        "SSN: 536-27-4418",
        "call (212) 567-0187 after six",
    ],
)
def test_its_neighbours_still_count(text: str) -> None:
    """What differs from a dummy in a digit or a domain."""
    assert DETECTOR.scan(text).private


@pytest.mark.parametrize("value", sorted({value.lower() for _, value in VALUES}))
def test_a_value_is_found_alone_in_a_page(value: str) -> None:
    """However few figures it has, and with gaps between its signs."""
    assert spans(f"see {value} there") == [(4, 4 + len(value))]
    assert spans(" ".join(value)) != []


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_a_value_is_known_with_and_without_its_signs(kind: str, value: str) -> None:
    """As listed, in small letters, and in groups of four."""
    grouped = " ".join(value[i : i + 4] for i in range(0, len(value), 4))
    assert is_dummy(value), kind
    assert is_dummy(value.lower())
    assert is_dummy(f"({grouped}).")
    assert spans(f"x: {grouped.lower()};") == [(3, 3 + len(grouped))]


@given(st.text("0123456789 -+()@ae.", max_size=60))
def test_places_are_whole_values(text: str) -> None:
    """Every place that is said to be a dummy is one when asked alone."""
    assert all(is_dummy(text[start:end]) for start, end in spans(text))


def test_looking_for_them_is_linear() -> None:
    """Runs that almost match cost no more than their length."""
    begun = time.process_time()
    for text in ("1" * 100_000, "4 " * 50_000, "+44 (0) 2" * 10_000, "a@" * 50_000, "2-" * 50_000):
        spans(text)
    assert time.process_time() - begun < 3


@pytest.mark.parametrize("number", ["0417164300", "370400440532013000"])
def test_an_account_of_a_sample_is_one_without_its_bank(number: str) -> None:
    """NL91 ABNA 0417 1643 00 and DE89 3704 0044 0532 0130 00 are told in parts, too."""
    assert is_dummy(number)
