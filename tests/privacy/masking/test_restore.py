"""Placeholders become values again, wherever the stream cuts them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.privacy.masking.restore import Restorer

VALUES = {
    "<PERSON_1>": "Jane Roe",
    "<PERSON_1_FIRST>": "Jane",
    "<PERSON_12>": 'Dwayne "The Rock" <J>',
    "<EMAIL_ADDRESS_1>": "jane@corp.com",
}
FRAGMENTS = [
    *VALUES,
    *(name.lower() for name in VALUES),
    *(name.replace("<", "&lt;").replace(">", "&gt;") for name in VALUES),
    *(name.replace("<", "\\u003c").replace(">", "\\u003e") for name in VALUES),
    "<PERSON_2>",
    "<",
    "<PER",
    "&l",
    "\\u00",
    "\\",
    "text ",
    "_FIRST>",
]


def streamed(restorer: Restorer, pieces: Iterable[str]) -> str:
    """What is shown when the pieces come one by one."""
    return "".join(restorer.feed(piece) for piece in pieces) + restorer.close()


@given(
    fragments=st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=6)),
    cuts=st.lists(st.integers(0, 200)),
    in_json=st.booleans(),
)
def test_cuts_change_nothing(fragments: list[str], cuts: list[int], *, in_json: bool) -> None:
    """Whatever the pieces, the shown text is that of the whole answer restored at once."""
    text = "".join(fragments)
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[a:b] for a, b in itertools.pairwise(edges)]
    one = Restorer(VALUES, in_json=in_json)
    whole = one.feed(text) + one.close()
    assert streamed(Restorer(VALUES, in_json=in_json), pieces) == whole
    assert streamed(Restorer(VALUES, in_json=in_json), text) == whole


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Dear <PERSON_1>,", "Dear Jane Roe,"),
        ("<PERSON_1_FIRST>'s", "Jane's"),
        ("<person_1>", "Jane Roe"),
        ("<PERSON_2> <PERSON_11>", "<PERSON_2> <PERSON_11>"),
        ("<<PERSON_1>>", "<Jane Roe>"),
        ("&lt;PERSON_12&gt;", 'Dwayne "The Rock" &lt;J&gt;'),
        ('"\\u003cPERSON_12\\u003e"', '"Dwayne \\"The Rock\\" <J>"'),
        ("print('<EMAIL_ADDRESS_1>')", "print('jane@corp.com')"),
    ],
)
def test_known_placeholders_are_restored(text: str, shown: str) -> None:
    """Known placeholders in any writing get their value; all other text stays."""
    assert streamed(Restorer(VALUES), text) == shown


@given(value=st.text(min_size=1))
def test_arguments_stay_json(value: str) -> None:
    """A value with quotes, breaks or backslashes keeps a tool call's arguments readable."""
    restorer = Restorer({"<X_1>": value}, in_json=True)
    arguments = json.dumps({"to": "<X_1>", "cc": ["a <X_1>"]})
    assert json.loads(streamed(restorer, arguments)) == {"to": value, "cc": [f"a {value}"]}


@given(text=st.text(alphabet=st.characters(exclude_characters="<&\\")))
def test_ordinary_text_is_not_held_back(text: str) -> None:
    """Text that starts no placeholder is shown at once."""
    assert Restorer(VALUES).feed(text) == text


def test_without_values_nothing_changes() -> None:
    """An empty map restores nothing and holds nothing."""
    assert Restorer({}).feed("a <PERSON_1") == "a <PERSON_1"
