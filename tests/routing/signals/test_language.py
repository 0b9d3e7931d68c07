"""The language of a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.routing.signals.language import language_of


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("What is the best way to learn this?", "en"),
        ("Was ist der beste Weg, das zu lernen, und wie kann ich anfangen?", "de"),
        ("Comment est-ce que je peux faire une tarte avec les pommes ?", "fr"),
        ("¿Cómo se dice esto en inglés y qué significa para el texto?", "es"),
        ("明天上午九点开会", "zh"),
        ("明日の会議は中止です", "ja"),
        ("내일 회의가 있어요", "ko"),
        ("Как написать функцию?", "ru"),
        ("Як написати функцію, щоб її зрозуміли?", "uk"),
        ("كيف حالك", "ar"),
        ("", ""),
        ("1234 5678", ""),
    ],
)
def test_languages(text: str, code: str) -> None:
    """Scripts and common words tell languages apart; nothing is claimed of numbers."""
    assert language_of(text)[0] == code


@given(st.text(max_size=300))
def test_any_text_has_a_language_or_none(text: str) -> None:
    """No text breaks it, and its confidence is a share."""
    code, sure = language_of(text)
    assert code == "" or len(code) == 2
    assert 0 <= sure <= 1
