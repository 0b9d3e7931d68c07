"""Presidio's analyzer over its predefined recognisers, with their context words.

Imported only where a text needs it: Presidio takes half a second to load (without_spacy.py). No
language model runs: these recognisers are patterns, check digits and words.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from presidio_analyzer import (
    AnalyzerEngine,
    ContextAwareEnhancer,
    EntityRecognizer,
    RecognizerRegistry,
    RecognizerResult,
    pattern_recognizer,
    predefined_recognizers,
)
from presidio_analyzer.nlp_engine import NlpArtifacts, NoOpNlpEngine

from edgeroute.privacy.detecting.text.normalise import normalise
from edgeroute.privacy.detecting.text.page import Hit, OverBudget
from edgeroute.privacy.policy import PresidioRecognizer

_LANGUAGE: Final = "en"  # every recogniser reads every language; Presidio wants one name for that
_WORD: Final = re.compile(r"[^\W_]+")
_NEAR: Final = 100  # characters before a match in which its words are looked for
_WORDS: Final = 6  # and how many of them; Presidio takes five, and counts "tax-id" as one
_SUPPORT: Final = 0.35  # what a context word adds to a score, as in Presidio
_LEAST: Final = 0.5  # with its word, the weakest pattern counts at the level balanced


class ContextWords(ContextAwareEnhancer):
    """Raises a match next to one of its recogniser's words, drops it where it needs one.

    Presidio's own enhancer compares single tokens, so that "tax file number" is never found, and
    takes parts of words, so that "pi" is found in "api". Here words and phrases match whole.
    """

    def __init__(self, alone: frozenset[str]) -> None:
        super().__init__(_SUPPORT, _LEAST, _WORDS, 0)
        self._alone = alone

    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,  # noqa: ARG002 - Presidio's signature, here and below
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,  # noqa: ARG002
    ) -> list[RecognizerResult]:
        """The results with their scores as the words before them say."""
        known = {recognizer.id: recognizer for recognizer in recognizers}
        for result in raw_results:
            metadata = result.recognition_metadata
            recognizer = known[metadata[RecognizerResult.RECOGNIZER_IDENTIFIER_KEY]]
            near = _words(text[max(0, result.start - _NEAR) : result.start])
            before = f" {' '.join(near[-self.context_prefix_count :])} "
            found = next((one for one in recognizer.context if f" {one} " in before), "")
            if found:
                raised = max(
                    result.score + self.context_similarity_factor,
                    self.min_score_with_context_similarity,
                )
                result.score = min(raised, self.MAX_SCORE)
                result.analysis_explanation.set_supportive_context_word(found)
                result.analysis_explanation.set_improved_score(result.score)
            elif metadata[RecognizerResult.RECOGNIZER_NAME_KEY] not in self._alone:
                result.score = self.MIN_SCORE  # which Presidio drops
        return raw_results


class Analyzer:
    """The recognisers that are named, ready to read.

    Raises:
        AttributeError: Presidio has no recogniser of a name.
    """

    def __init__(self, chosen: Mapping[str, PresidioRecognizer]) -> None:
        self._chosen = chosen
        registry = RecognizerRegistry(supported_languages=[_LANGUAGE])
        self._by_word: dict[str, set[str]] = defaultdict(set)
        self._alone: set[str] = set()
        for name, how in chosen.items():
            recognizer = getattr(predefined_recognizers, name)(supported_language=_LANGUAGE)
            recognizer.name = name
            phrases = how.words or recognizer.context
            recognizer.context = [" ".join(_words(normalise(one).text)) for one in phrases]
            registry.add_recognizer(recognizer)
            (entity,) = recognizer.supported_entities
            if how.alone:
                self._alone.add(entity)
            for phrase in recognizer.context:
                self._by_word[phrase.split()[0]].add(entity)
        nothing = NoOpNlpEngine(models=[{"lang_code": _LANGUAGE, "model_name": "none"}])
        nothing.load()
        self._engine = AnalyzerEngine(
            registry=registry,
            nlp_engine=nothing,
            supported_languages=[_LANGUAGE],
            context_aware_enhancer=ContextWords(
                frozenset(name for name, how in chosen.items() if how.alone)
            ),
        )

    def hits(self, text: str, offset: int = 0) -> Iterator[Hit]:
        """What is found in ``text``, which starts at ``offset`` of its page.

        Raises:
            OverBudget: a pattern ran so long that Presidio may have given it up.
        """
        begun = time.monotonic()
        for result in self._results(text):
            explanation = result.analysis_explanation
            source = result.recognition_metadata[RecognizerResult.RECOGNIZER_NAME_KEY]
            yield Hit(
                self._chosen[source].entity,
                offset + result.start,
                offset + result.end,
                float(result.score),
                source=source,
                pattern=explanation.pattern_name,
                context=explanation.supportive_context_word,
            )
        if time.monotonic() - begun >= pattern_recognizer.REGEX_TIMEOUT_SECONDS:
            raise OverBudget

    def _results(self, text: str) -> list[Any]:
        """Only recognisers that can count are run: one that needs a word wants it in the text."""
        wanted = set(self._alone)
        for word in set(_words(text)) & self._by_word.keys():
            wanted |= self._by_word[word]
        if not wanted:
            return []
        results: list[Any] = self._engine.analyze(
            text, language=_LANGUAGE, entities=sorted(wanted), return_decision_process=True
        )
        return results


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
