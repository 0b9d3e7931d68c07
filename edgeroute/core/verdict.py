"""What the privacy check found, and what that means for a prompt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class PrivacyMode(StrEnum):
    """A conversation's privacy mode."""

    AUTO = "auto"
    PRIVATE = "private"
    MASK = "mask"

    @property
    def strictness(self) -> int:
        """How much the mode keeps here; a request may raise it, never lower it."""
        return {PrivacyMode.AUTO: 0, PrivacyMode.MASK: 1, PrivacyMode.PRIVATE: 2}[self]

    def tightened(self, wish: PrivacyMode | None) -> PrivacyMode:
        """The stricter of it and ``wish``, by what leaves: ``mask`` lets masked text leave that
        ``auto`` keeps here.
        """
        order = (PrivacyMode.MASK, PrivacyMode.AUTO, PrivacyMode.PRIVATE)
        return max(self, wish or self, key=order.index)


@dataclass(frozen=True, slots=True)
class Finding:
    """Personal data at ``[start, end)`` (code points) of one inspected text.

    ``type`` is an entity of rules/privacy.yaml such as ``US_SSN``; ``score`` is in 0..1;
    ``source`` names the recogniser; ``where`` names the text, such as ``messages[2]`` or ``tools``.
    The value itself is never kept. Where the recogniser says so, ``pattern`` names the pattern that
    matched and ``context`` the word of its own list that stood before the value.
    """

    type: str
    start: int
    end: int
    score: float
    source: str = ""
    where: str = ""
    pattern: str = ""
    context: str = ""


def outermost(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """``findings`` without those that lie inside another of their type in the same text: a phone
    number is one personal detail, with its country code and without.
    """
    reach: dict[tuple[str, str], int] = {}
    kept = []
    for one in sorted(findings, key=lambda each: (each.start, -each.end)):
        if one.end > reach.get((one.where, one.type), -1):
            reach[one.where, one.type] = one.end
            kept.append(one)
    return tuple(kept)


@dataclass(frozen=True, slots=True)
class LocalOpinion:
    """What the local ``model`` was asked about a text that stayed doubtful, and what it said.

    ``probability`` is how likely it takes the text to be private, 0..1; ``holds`` says that the
    text stays here for it.
    """

    model: str
    probability: float
    holds: bool

    @property
    def sentence(self) -> str:
        """Who was asked and what it said; never the text."""
        said = "yes" if self.probability >= 0.5 else "no"
        sure = max(self.probability, 1 - self.probability)
        fate = "it stays here" if self.holds else "that does not hold it"
        return (
            f"{self.model} was asked whether it is private: {said} ({sure:.0%});"
            f" together with its weight, {fate}."
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may leave this machine as it stands.

    ``reason`` is a sentence for people. ``complete`` is false where the scan stopped at the first
    hit or failed; ``failed`` says that nobody knows what the text holds, which makes it ``private``
    for this time but marks no conversation. ``internal_code`` marks source code of the
    user's own organisation: local, or the enterprise provider named in settings. ``weight`` is how
    likely the most private text is private, 0..1, where that was weighed; ``opinions`` are those of
    the local model on texts that stayed doubtful.
    """

    private: bool
    reason: str
    findings: tuple[Finding, ...] = ()
    complete: bool = True
    internal_code: bool = False
    failed: bool = False
    weight: float | None = None
    opinions: tuple[LocalOpinion, ...] = ()

    @property
    def types(self) -> Mapping[str, int]:
        """How many details were found of each type, most frequent first."""
        return dict(Counter(one.type for one in outermost(self.findings)).most_common())


CLEAR = Verdict(private=False, reason="No personal data found.")
