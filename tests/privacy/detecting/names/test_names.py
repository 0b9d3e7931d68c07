"""Who is named: people, not the programs that documents speak of by a given name."""

from __future__ import annotations

import re

import pytest

from edgeroute.privacy.detecting.names.names import is_attributed, without_assistants
from edgeroute.privacy.detecting.names.rampart import NameSpan
from edgeroute.privacy.detecting.text.page import Page


def spans(text: str, *names: str) -> list[NameSpan]:
    """Every place of ``names`` in ``text``, as the model would see them."""
    return [
        NameSpan(label, *match.span(), 0.9)
        for name, label in zip(names, ("GIVEN_NAME", "SURNAME"), strict=False)
        for match in re.finditer(name, text)
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("- Allows Claude to read a file", ("Allows Claude",)),
        ("- Lets Gemini list a folder\n- Beyond Gemini's own list", ("Lets", "Gemini")),
        ("Ask Copilot Studio for it; Copilot knows.", ("Copilot",)),
        ('"Helps Codex to plan."', ("Helps Codex",)),
    ],
)
def test_a_program_with_a_given_name_is_nobody(text: str, names: tuple[str, ...]) -> None:
    """Also with the verb before it at the head of a line, and with its kind after it."""
    page = Page(text, full=True, tick=lambda: None, allowed=lambda _: False)
    assert without_assistants(page, spans(text, *names)) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Sent to Claude Moreau in May", ("Claude", "Moreau")),
        ("it was Anne Claude who fell ill", ("Anne", "Claude")),
        ("- Allows Ulla to read a file", ("Allows Ulla",)),
    ],
)
def test_a_person_of_that_name_stays_one(text: str, names: tuple[str, ...]) -> None:
    """A surname beside it makes it somebody's, and other names are always somebody's."""
    page = Page(text, full=True, tick=lambda: None, allowed=lambda _: False)
    seen = spans(text, *names)
    assert without_assistants(page, seen) == seen


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{\n  "name": "shelf",\n  "dev": true,\n  "size": 3\n}\n', "dev"),
        ('{\n  "outputs": [\n    {"name": "stdout", "text": []}\n  ]\n}\n', "stdout"),
        ("  days: 'Ahad_Isnin_Selasa_Rabu'.split('_'),\n  size: 3,\n", "Isnin_Selasa"),
        ('#: door.c:14\nmsgid "Password"\nmsgstr "Pasahitza"\n', "Pasahitza"),
        ('{"type": "Feature",\n "properties": {"beds": 12, "name": "Storbu"}}\n', "Storbu"),
    ],
)
def test_what_code_calls_things_is_nobody(text: str, name: str) -> None:
    """A switch, a stream, a message of a program and a place on a map."""
    page = Page(text, full=True, tick=lambda: None, allowed=lambda _: False)
    assert all(is_attributed(page, span) for span in spans(text, name))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{\n  "dev": 3,\n  "ulla": {"owes": 120},\n  "size": 3\n}\n', "ulla"),
        (
            '{"type": "Feature",\n "properties": {"name": "Ulla Bergh",\n "owes": 1}}\n',
            "Ulla Bergh",
        ),
    ],
)
def test_a_person_in_data_stays_one(text: str, name: str) -> None:
    """With a record of its own, or with both names on a map."""
    page = Page(text, full=True, tick=lambda: None, allowed=lambda _: False)
    assert not any(is_attributed(page, span) for span in spans(text, name))
