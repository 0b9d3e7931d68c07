"""Evidence has the same names whatever the window, and says what it is of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.privacy.detecting.names.rampart import NameSpan
from edgeroute.privacy.detecting.text.page import Hit
from edgeroute.privacy.detecting.weighing.evidence import (
    WindowView,
    evidence,
    group_of,
    is_figures,
    is_said,
    is_suspect,
    is_word_list,
)

EMPTY = WindowView("", (), ())


@given(st.text(max_size=300))
def test_every_window_has_the_same_evidence(text: str) -> None:
    """Names and their order never change, and no number is far out."""
    found = evidence(WindowView(text, (), ()))
    assert list(found) == list(evidence(EMPTY))
    assert all(0 <= number <= 60 for number in found.values())


def test_what_stage_one_saw_is_told() -> None:
    """Names, values and shapes each raise a number of their own."""
    spans = [NameSpan("GIVEN_NAME", 0, 4, 0.9), NameSpan("SURNAME", 5, 9, 0.8)]
    hits = [Hit("PHONE_NUMBER", 12, 20, 0.7), Hit("US_SSN", 22, 30, 0.4)]
    found = evidence(WindowView("Anna Berg", spans, hits))
    assert found["model.given_name"] == 0.9
    assert found["names.whole"] == 1
    assert found["rules.contact"] == 0.7
    assert found["rules.fact"] == 0.4


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("The meeting is at nine and we are late.", "english"),
        ("Wir haben morgen keine Zeit f\u00fcr das Treffen.", "latin"),
        ("\u0437\u0430\u0432\u0442\u0440\u0430", "scripts"),
        ("\u660e\u65e5\u4f1a\u3044\u307e\u3059\u3002", "scripts"),
        ("Nie mam jutro czasu na spotkanie i do widzenia", "latin"),
    ],
)
def test_languages_are_told_in_groups(text: str, group: str) -> None:
    """English, other languages in Latin letters, and other scripts are calibrated apart."""
    assert group_of(text) == group


def test_only_a_window_with_something_in_it_is_suspect() -> None:
    """Plain prose about nobody is not; a name, the writer or a script that is not read is."""
    assert not is_suspect(WindowView("Bread needs flour, water and salt.", (), ()))
    assert is_suspect(WindowView("I need bread.", (), ()))
    assert is_suspect(WindowView("\u0425\u043b\u0435\u0431", (), ()))
    assert is_suspect(WindowView("x", [NameSpan("SURNAME", 0, 1, 0.2)], ()))


def test_a_table_of_signs_says_nothing() -> None:
    """Files of alphabets list each sign once; a sentence repeats some; words are read anyway."""
    table = "".join(chr(0x4E00 + 7 * number) for number in range(80))
    assert not is_said(f'["a440","{table}"],')
    assert is_said(f"{table} Anna Berg is ill")
    assert is_said("\u5c71\u7530\u82b1\u5b50\u3055\u3093\u306e\u691c\u67fb\u7d50\u679c" * 6)


def test_figures_in_columns_tell_no_matter() -> None:
    """What programs print of a machine has few words; a letter has many, and a short form "
    "counts.
    """
    table = (
        "procs memory swap io system cpu\n" + " 1  0  8204 611840 342016 6077 0 0 12 40 310 9\n" * 5
    )
    assert is_figures(table)
    assert not is_figures(
        "I owe my brother 400 since 2019 and he has not called me for 12 days. " * 4
    )
    assert not is_figures("Patient: A. Zub\nGlucose: 214\nVisit: 9/6")


def test_no_matter_is_told_where_no_words_stand_together() -> None:
    """What programs send each other on one line; a sentence in it is read."""
    sent = ",".join(
        f'{{"key":"server.{part}","value":{{"intValue":{part}}}}}' for part in range(12)
    )
    assert is_figures(f"[{sent}]")
    assert not is_figures(f"[{sent}]".replace("server.3", "he is ill"))


def test_words_below_each_other_tell_nothing() -> None:
    """A dictionary, common passwords; but no list of people, and no few words."""
    words = ["dragon", "monkey", "letmein", "susan", "123456", "michelle", "trustno1", "shadow"]
    assert is_word_list("\n".join(words * 2))
    assert is_word_list("\n".join(f"normal: {word}" for word in words * 2))
    assert not is_word_list("\n".join(words))
    assert not is_word_list("\n".join([*words * 2, "Susan Berg owes 120", "end"]))
