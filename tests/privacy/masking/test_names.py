"""A name that is known is found however it is written."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.privacy.masking.names import NameForms, Person

FIRST = st.sampled_from(["Milena", "Torvald", "Yusra", "Petko", "Ingeborg", "Aleksandra"])
LAST = st.sampled_from(["Kowalczyk", "Lindqvist", "Haddad", "Virtanen", "Yilmaz", "Brandt"])
PUT: list[str] = [
    "{f} {l}", "{l}, {f}", "{l} {f}", "{f}", "{l}", "{i}. {l}", "{l}, {i}.", "{f}.{l}",
    "{f}-{l}", "{f}'s", "{l}s",
]  # fmt: skip
IN_CODE = ["{l}_file.txt", "get_{l}_file", "get-{f}-file", "{f}_{l}.csv", "{f}{l}", "{i}{l}"]


def found(name: str, text: str) -> list[str]:
    """What is found of one person in ``text``."""
    return [text[s.start : s.end] for s in NameForms([Person("PERSON_1", name)]).find(text)]


@given(
    first=FIRST,
    last=LAST,
    form=st.sampled_from(PUT),
    change=st.sampled_from([str, str.upper, str.lower]),
    around=st.sampled_from(["{}", "tell {} now", "({})", '"{}"', "\n{}\n", "x={};"]),
)
def test_every_order_case_and_part_is_found(
    first: str, last: str, form: str, change: type[str], around: str
) -> None:
    """Whole, parts, initials, commas, in any case and surroundings: no letter of it is left."""
    written = change(form.format(f=first, l=last, i=first[0]))
    text = around.format(written)
    left = text
    for piece in found(f"{first} {last}", text):
        left = left.replace(piece, "")
    assert first.lower() not in left.lower()
    assert last.lower() not in left.lower()


@given(first=FIRST, last=LAST, form=st.sampled_from(IN_CODE), upper=st.booleans())
def test_identifiers_are_read(first: str, last: str, form: str, *, upper: bool) -> None:
    """In names of files, functions and tools, in snake, kebab and camel case."""
    snake = form.format(f=first.lower(), l=last.lower(), i=first[0].lower())
    camel = f"get{last}File" if upper else f"{first.lower()}File"
    for text in (snake, snake.upper(), camel):
        left = text
        for piece in found(f"{first} {last}", text):
            left = left.replace(piece, "")
        assert last.lower() not in left.lower()
        assert not re.search(rf"{first}", left, re.IGNORECASE)


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("Milena Kowalczyk", "Mileny Milenie Milenę Mileną Mileno Kowalczyka Kowalczykowi"),
        ("Jürgen Weiß", "Jürgens Juergen Jurgen Weiss Weißens"),
        ("Torvald Lindqvist", "Torvalds Lindqvistar Lindqvists"),
        ("Pekka Virtanen", "Pekalle Pekkalle Pekkaa Virtasen Virtanenin"),
        ("Yusuf Demir", "Yusufun Yusufa Demirden Demir'in"),
        ("Мария Соколова", "Марии Марию Марией Соколовой Соколову"),
        ("فاطمة حداد", "لفاطمة وفاطمة فاطمت حداد لحداد"),
        ("रमेश गुप्ता", "रमेश गुप्ता"),
    ],
)
def test_regular_endings_are_read(name: str, forms: str) -> None:
    """Declined, possessed, with particles: most of what the languages do to a name by rule."""
    irregular = {"Pekalle", "Virtasen", "Pekkaa"}  # the stem itself changes
    for form in set(forms.split()) - irregular:
        assert found(name, f"x {form} y"), form


@pytest.mark.parametrize(
    ("name", "text", "pieces"),
    [
        ("山田太郎", "山田さんと太郎くん", ["山田", "太郎"]),
        ("김민수", "민수에게 김민수의", ["민수", "김민수"]),
        ("王小明", "请告诉小明和王小明", ["小明", "王小明"]),
    ],
)
def test_names_without_spaces_are_found_inside_text(
    name: str, text: str, pieces: list[str]
) -> None:
    """Where words have no spaces between them, particles stand right beside a name."""
    assert found(name, text) == pieces


@pytest.mark.parametrize(
    "text", ["bergamot icebergs annual annex", "Janet", "BRANDTSTIFTUNGEN", "will you", "Will you"]
)
def test_other_words_are_left_alone(text: str) -> None:
    """A word that only begins like a name, another name, and a name that is a word there."""
    names = ("Anna Berg", "Jane Brandt", "Will Roe")
    forms = NameForms(Person(f"PERSON_{n}", name) for n, name in enumerate(names, 1))
    assert forms.find(text) == []


def test_one_first_name_of_two_people_is_of_both() -> None:
    """What fits several people says so; with the surname it is one of them."""
    forms = NameForms([Person("PERSON_1", "Milena Haddad"), Person("PERSON_2", "Milena Brandt")])
    alone, whole = forms.find("Milena and Milena Brandt")
    assert alone.people == {"PERSON_1", "PERSON_2"}
    assert whole.people == {"PERSON_2"}


def test_a_long_text_costs_little() -> None:
    """Time grows with the text, also where much of it begins like a name."""
    assert found("Anna Berg", "annual bergamot " * 60_000) == []
    assert len(found("Anna Berg", "a" * 500_000 + " anna" + "n" * 500_000)) == 0
