"""Cues: words and phrases found in one pass."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edgeroute.routing.signals.keywords import LABELS, ends, load_cues, words_of


def test_cues_speak_for_known_labels() -> None:
    """Every cue names a task or a domain."""
    assert set(load_cues().labels) == set(LABELS)


def test_words_stems_phrases_and_starts() -> None:
    """Whole words, stems, phrases and first words count; parts of other words do not."""
    cues = load_cues()

    def found(text: str) -> set[str]:
        return {name for name, hit in zip(cues.names, cues.hits(text), strict=True) if hit}

    assert "summarize" in found("Please summarised notes")
    assert "how_to" in found("so how do i get there")
    assert "act" in found("book a table")
    assert "act" not in found("this is about my very favourite little book")
    assert "translate" in found("请翻译这句话")
    assert "creative" not in found("rapid")


def test_ends_keeps_start_and_end() -> None:
    """Of a long text the start and the end are read, where people say what they want."""
    text = "start " + "x" * 9_000 + " end"
    assert ends(text).startswith("start")
    assert ends(text).endswith("end")
    assert len(ends(text)) < 2_400


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    """No text breaks the reading, and guesses stay below certainty."""
    assert isinstance(words_of(text), list)
    label, sure = load_cues().first_guess(text)
    assert label in {*LABELS, ""}
    assert sure < 0.6
