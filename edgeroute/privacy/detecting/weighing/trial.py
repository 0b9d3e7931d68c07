"""Does a second opinion raise recall at equal over-blocking? Measured on voices apart.

For each voice in turn, weight and opinion are combined on the other voices and judged on this one.
The rival is stage two alone with a lower threshold: it may hold as many harmless texts, and its
threshold is the best there is for that, chosen on the very texts that are judged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from edgeroute.core.calibration import Combination, Measured, log_odds
from edgeroute.privacy.detecting.weighing.second_opinion import Band

SPARED: Final = 0.01  # of the harmless texts: how many more may be held
CHANCE: Final = 0.05  # how likely the gain may be by luck
_LEAST: Final = 2  # more private texts in a group, or it is not asked about
_LATE: Final = 0.05  # of the questions: how many may end without an answer in time
_STEPS: Final = 400
_RATE: Final = 0.2
_SHRINK: Final = 0.02


class TrialText(NamedTuple):
    """A labelled text of ``voice``. ``weight`` is stage two's, ``held`` whether it is held today;
    ``opinion`` is None where nobody was asked or no answer came.
    """

    voice: str
    private: bool
    weight: float
    held: bool
    opinion: float | None = None


class _Tally(NamedTuple):
    gained: int = 0
    lost: int = 0
    blocked: int = 0


def measure(groups: Mapping[str, Sequence[TrialText]], band: Band) -> dict[str, Measured]:
    """The result for each group of languages.

    Each learns for itself, since a model may know one language and guess in another. Texts that
    stay doubtful are few, so luck may also be ruled out for all groups together; but where a group
    itself gains little or nothing, nobody is asked.
    """
    answered = {
        group: [each for each in samples if is_doubtful(each, band) and each.opinion is not None]
        for group, samples in groups.items()
    }
    tallies = {group: _judged(answered[group], samples) for group, samples in groups.items()}
    gained, lost, _ = map(sum, zip(*tallies.values(), strict=True))
    together = by_luck(gained, lost)
    found = {}
    for group, samples in groups.items():
        asked = sum(is_doubtful(each, band) for each in samples)
        late, tally = asked - len(answered[group]), tallies[group]
        chance = min(together, by_luck(tally.gained, tally.lost))
        helps = chance <= CHANCE and tally.gained - tally.lost >= _LEAST and late <= _LATE * asked
        combination = combine(answered[group], _spared(samples))
        found[group] = Measured(len(samples), asked, late, *tally, chance, helps, combination)
    return found


def is_doubtful(sample: TrialText, band: Band) -> bool:
    """Whether somebody is to be asked about ``sample``."""
    return not sample.held and band.holds(sample.weight)


def combine(answered: Sequence[TrialText], spared: int) -> Combination:
    """The combination that tells ``answered`` apart best, and the lowest cut that holds at most
    ``spared`` harmless ones.
    """
    factors = _fitted(answered)
    made = Combination(*factors, cut=1.0)
    scores: dict[float, int] = {}  # how many harmless texts have each
    for each in answered:
        score = made.probability(each.weight, each.opinion or 0.0)
        scores[score] = scores.get(score, 0) + (not each.private)
    cut, blocked = math.nextafter(1.0, 2.0), 0
    for score in sorted(scores, reverse=True):
        blocked += scores[score]
        if blocked > spared:
            break
        cut = score
    return Combination(*factors, cut=cut)


def by_luck(gained: int, lost: int) -> float:
    """How likely as many gains or more are if gains and losses are equally likely."""
    total = gained + lost
    ways = sum(math.comb(total, count) for count in range(gained, total + 1))
    return ways / float(2**total)


def _judged(answered: Sequence[TrialText], samples: Sequence[TrialText]) -> _Tally:
    """What a group gains and loses, voice by voice."""
    tallies = [_Tally()]
    for voice in sorted({each.voice for each in answered}):
        learned = [each for each in answered if each.voice != voice]
        combination = combine(learned, _spared([one for one in samples if one.voice != voice]))
        judged = [each for each in answered if each.voice == voice]
        tallies.append(_tally(judged, combination))
    return _Tally(*map(sum, zip(*tallies, strict=True)))


def _tally(judged: Sequence[TrialText], combination: Combination) -> _Tally:
    """The opinion against a lower threshold that holds as many harmless texts."""
    voted = {
        number
        for number, each in enumerate(judged)
        if combination.holds(each.weight, each.opinion or 0.0)
    }
    blocked = sum(not judged[number].private for number in voted)
    lowered = _lowered(judged, blocked)
    private = {number for number, each in enumerate(judged) if each.private}
    return _Tally(len(private & voted - lowered), len(private & lowered - voted), blocked)


def _lowered(judged: Sequence[TrialText], blocked: int) -> set[int]:
    """What a lower threshold holds that may hold ``blocked`` harmless texts."""
    held: set[int] = set()
    for number in sorted(range(len(judged)), key=lambda one: -judged[one].weight):
        blocked -= not judged[number].private
        if blocked < 0:
            break
        held.add(number)
    return held


def _spared(samples: Sequence[TrialText]) -> int:
    return math.ceil(SPARED * sum(not each.private for each in samples))


def _fitted(answered: Sequence[TrialText]) -> tuple[float, float, float]:
    """Logistic regression by gradient descent, held close to the weight alone."""
    weight, opinion, bias = 1.0, 0.0, 0.0
    rows = [(log_odds(s.weight), log_odds(s.opinion or 0.0), s.private) for s in answered]
    if not rows:
        return weight, opinion, bias
    rate = _RATE / len(rows)
    for _ in range(_STEPS):
        change = [_SHRINK * (weight - 1.0), _SHRINK * opinion, 0.0]
        for one, other, private in rows:
            wrong = 1 / (1 + math.exp(-(weight * one + opinion * other + bias))) - private
            change = [
                change[0] + wrong * one, change[1] + wrong * other, change[2] + wrong
            ]  # fmt: skip
        weight -= rate * change[0]
        opinion -= rate * change[1]
        bias -= rate * change[2]
    return weight, max(opinion, 0.0), bias
