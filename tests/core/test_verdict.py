"""How strict a mode is, and what a verdict counts."""

from __future__ import annotations

from edgeroute.core.verdict import CLEAR, Finding, LocalOpinion, PrivacyMode, Verdict, outermost


def _strictness(mode: PrivacyMode) -> int:
    return mode.strictness


def test_private_is_stricter_than_masked_and_masked_than_open() -> None:
    """The order by which a request may raise a conversation's mode."""
    order = sorted([PrivacyMode.PRIVATE, PrivacyMode.AUTO, PrivacyMode.MASK], key=_strictness)
    assert [str(mode) for mode in order] == ["auto", "mask", "private"]
    assert len({mode.strictness for mode in PrivacyMode}) == 3


def test_a_program_may_only_ask_for_less_to_leave() -> None:
    """Masking lets masked text leave, so it loosens what stays here, and tightens nothing."""
    auto, mask, private = PrivacyMode.AUTO, PrivacyMode.MASK, PrivacyMode.PRIVATE
    assert [auto.tightened(wish) for wish in (None, mask, auto, private)] == [
        auto, auto, auto, private,
    ]  # fmt: skip
    assert [mask.tightened(wish) for wish in (None, mask, auto)] == [mask, mask, auto]
    assert private.tightened(mask) is private


def test_findings_are_counted_by_type_most_frequent_first() -> None:
    """Types and numbers, never a value."""
    kinds = ("EMAIL_ADDRESS", "US_SSN", "US_SSN")
    found = [Finding(kind, at, at + 1, 1.0) for at, kind in enumerate(kinds)]
    types = Verdict(private=True, reason="Found.", findings=tuple(found)).types
    assert list(types.items()) == [("US_SSN", 2), ("EMAIL_ADDRESS", 1)]


def test_a_clear_verdict_is_whole_and_open() -> None:
    """Everything was read and nothing found."""
    assert not CLEAR.private
    assert (CLEAR.complete, CLEAR.failed, CLEAR.internal_code) == (True, False, False)
    assert CLEAR.reason == "No personal data found."
    assert CLEAR.findings == ()
    assert Finding("US_SSN", 0, 1, 1.0) == Finding("US_SSN", 0, 1, 1.0, "", "", "", "")


def test_an_opinion_is_told_in_a_sentence() -> None:
    """Who was asked, what it said, how surely, and what came of it."""
    assert LocalOpinion("local/m", 0.9, holds=True).sentence == (
        "local/m was asked whether it is private: yes (90%); together with its weight, it"
        " stays here."
    )
    assert LocalOpinion("local/m", 0.2, holds=False).sentence == (
        "local/m was asked whether it is private: no (80%); together with its weight, that"
        " does not hold it."
    )


def test_a_number_within_a_number_is_one_detail() -> None:
    """Of two findings of a type the outer one counts; what is of another type, or in another text,
    counts too.
    """
    whole, part = Finding("PHONE_NUMBER", 0, 14, 0.9), Finding("PHONE_NUMBER", 4, 14, 0.7)
    other, after = Finding("PERSON", 4, 9, 0.7), Finding("PHONE_NUMBER", 10, 20, 0.7)
    elsewhere = Finding("PHONE_NUMBER", 4, 14, 0.7, where="messages[2]")
    found = (part, other, after, elsewhere, whole)
    assert set(outermost(found)) == {whole, other, after, elsewhere}
    assert Verdict(True, "", found).types == {"PHONE_NUMBER": 3, "PERSON": 1}
