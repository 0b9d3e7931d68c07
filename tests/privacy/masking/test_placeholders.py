"""One value, one placeholder, for a whole conversation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.privacy.masking.placeholders import MaskMap

types = st.sampled_from(["PERSON", "US_SSN", "LITERAL"])
words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=6)
values = st.lists(words, min_size=1, max_size=3).map(" ".join)


@given(items=st.lists(st.tuples(types, values)))
def test_placeholders_and_values_match_one_to_one(items: list[tuple[str, str]]) -> None:
    """The same value always gets the same placeholder, another value another one."""
    mapping = MaskMap()
    given_out = [(mapping.placeholder(*item), item[1]) for item in items]
    for placeholder, value in given_out:
        assert {of.value for of in mapping.entries if of.placeholder == placeholder} == {value}
    assert len({placeholder for placeholder, _ in given_out}) == len(mapping)


@given(items=st.lists(st.tuples(types, values)), more=st.tuples(types, values))
def test_a_stored_map_goes_on_as_before(
    items: list[tuple[str, str]], more: tuple[str, str]
) -> None:
    """Loaded from the store, a map gives the same placeholders, old and new."""
    mapping = MaskMap()
    for item in items:
        mapping.placeholder(*item)
    loaded = MaskMap.load(mapping.dump())
    assert loaded.entries == mapping.entries
    assert loaded.placeholder(*more) == mapping.placeholder(*more)


def test_types_are_kept() -> None:
    """A placeholder says what it stands for, numbered by type."""
    mapping = MaskMap()
    assert mapping.placeholder("PERSON", "Jane Roe") == "<PERSON_1>"
    assert mapping.placeholder("US_SSN", "521-44-9821") == "<US_SSN_1>"
    assert mapping.placeholder("PERSON", "Tom Becker") == "<PERSON_2>"
    assert mapping.placeholder("PERSON", "Jane Roe") == "<PERSON_1>"


def test_a_form_shows_whose_it_is() -> None:
    """Every writing has a placeholder of its own that names its person; a whole name that is known
    by one part belongs to it.
    """
    mapping = MaskMap()
    mapping.placeholder("PERSON", "Jane Roe")
    one = {"PERSON_1"}
    assert mapping.form(one, "FIRST", "Jane") == "<PERSON_1_FIRST>"
    assert mapping.form(one, "FIRST", "jane") == "<PERSON_1_FIRST_2>"
    assert mapping.form(one, "FIRST", "Jane") == "<PERSON_1_FIRST>"
    assert mapping.form(one, "FORM", "Jane Roe") == "<PERSON_1>"
    assert mapping.placeholder("PERSON", "Tom") == "<PERSON_2>"
    assert mapping.placeholder("PERSON", "Tom Becker") == "<PERSON_2_FULL>"


def test_what_fits_several_people_says_so() -> None:
    """Where people share a name, the name alone belongs to any of them."""
    mapping = MaskMap()
    for name in ("Roe", "Poe", "Doe", "Moe", "Loe"):
        mapping.placeholder("PERSON", f"Jane {name}")
    assert mapping.form({"PERSON_2", "PERSON_1"}, "FIRST", "Jane") == "<PERSON_1_OR_2_FIRST>"
    everybody = {f"PERSON_{number}" for number in range(1, 6)}
    shared = mapping.form(everybody, "FIRST", "Jane")
    assert shared == "<PERSON_1_OR_2_OR_3_OR_4_OR_OTHERS_FIRST>"


def test_a_placeholder_keeps_a_format() -> None:
    """In the format of a field it stands for nobody, is another one than in text, and is stable."""
    mapping = MaskMap(free=lambda text: text != "person1@example.com")
    mail = mapping.placeholder("EMAIL_ADDRESS", "anna@fjordmail.no", "email")
    assert mail == "person2@example.com"
    number = mapping.form({"EMAIL_ADDRESS_1"}, "LAST", "4711", "number")
    assert len(number) == 4
    assert number.isdigit()
    assert number != "4711"
    loaded = MaskMap.load(mapping.dump())
    assert loaded.entries == mapping.entries
    assert loaded.placeholder("EMAIL_ADDRESS", "anna@fjordmail.no", "email") == mail


def test_printing_shows_no_value() -> None:
    """Neither the map nor an entry shows a value when printed."""
    mapping = MaskMap()
    mapping.placeholder("PERSON", "Jane Roe")
    assert "Jane" not in f"{mapping!r} {mapping} {mapping.entries}"


@pytest.mark.parametrize("data", [b"", b"{", b"3", b"[1]", b'[["a"]]', b'["abcd"]'])
def test_broken_bytes_are_an_error(data: bytes) -> None:
    """What is no map is never taken for an empty one."""
    with pytest.raises(ValueError, match="not a map"):
        MaskMap.load(data)


@given(
    common=st.lists(st.tuples(types, values)),
    here=st.lists(st.tuples(types, values)),
    there=st.lists(st.tuples(types, values)),
)
def test_two_maps_that_grew_apart_lose_no_value(
    common: list[tuple[str, str]], here: list[tuple[str, str]], there: list[tuple[str, str]]
) -> None:
    """One that adopts the other keeps its own placeholders, knows every value, and gives no
    placeholder to two of them.
    """
    start = MaskMap()
    for item in common:
        start.placeholder(*item)
    one, other = MaskMap.load(start.dump()), MaskMap.load(start.dump())
    for item in here:
        one.placeholder(*item)
    for item in there:
        other.placeholder(*item)
    before = one.entries
    one.adopt(other)
    assert one.entries[: len(before)] == before
    assert {entry.value for entry in one.entries} == {
        value for _, value in (*common, *here, *there)
    }
    assert len({entry.placeholder for entry in one.entries}) == len(one)
