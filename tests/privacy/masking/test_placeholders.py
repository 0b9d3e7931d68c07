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
        same = [other for other, known in given_out if key(known) == key(value)]
        assert set(same) == {placeholder}
    assert len({placeholder for placeholder, _ in given_out}) == len(mapping)


def key(value: str) -> str:
    """What makes two values the same."""
    return " ".join(value.casefold().split())


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
    assert mapping.placeholder("PERSON", "JANE  ROE") == "<PERSON_1>"


def test_a_part_of_one_known_name_is_that_persons() -> None:
    """First and last name of one known person show whose they are, whichever came first."""
    mapping = MaskMap()
    mapping.placeholder("PERSON", "Jane Roe")
    assert mapping.placeholder("PERSON", "Jane") == "<PERSON_1_FIRST>"
    assert mapping.placeholder("PERSON", "roe") == "<PERSON_1_LAST>"
    assert mapping.placeholder("PERSON", "Tom") == "<PERSON_2>"
    assert mapping.placeholder("PERSON", "Tom Becker") == "<PERSON_2_FULL>"


def test_a_part_of_two_known_names_is_nobodys() -> None:
    """Where two people share a name, the name alone is a person of its own."""
    mapping = MaskMap()
    mapping.placeholder("PERSON", "Jane Roe")
    mapping.placeholder("PERSON", "Jane Poe")
    assert mapping.placeholder("PERSON", "Jane") == "<PERSON_3>"
    assert mapping.placeholder("PERSON", "Ja") == "<PERSON_4>"
    assert mapping.name_parts() == ("Roe", "Poe")


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
    assert {key(entry.value) for entry in one.entries} == {
        key(value) for _, value in (*common, *here, *there)
    }
    assert len({entry.placeholder for entry in one.entries}) == len(one)
