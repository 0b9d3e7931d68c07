"""Our recognisers inside Presidio: its registry, its analyzer, its thresholds for each recogniser.

Imported at the first scan only: Presidio brings spaCy with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from presidio_analyzer import (
    AnalyzerEngine,
    ContextAwareEnhancer,
    EntityRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from presidio_analyzer.nlp_engine import NlpArtifacts, NoOpNlpEngine

from edgeroute.privacy.detecting.text.page import Finder, Hit, Page

# Every recogniser reads every language; Presidio wants one name for that.
LANGUAGE = "en"


class PageArtifacts(NlpArtifacts):
    """The page travels to the recognisers where Presidio carries the results of language models."""

    def __init__(self, page: Page) -> None:
        self.page = page


class Recognizer(EntityRecognizer):
    """One finder as a Presidio recogniser with thresholds for each of its types."""

    def __init__(self, finder: Finder, thresholds: Mapping[str, float]) -> None:
        self._finder = finder
        self._least = {type_: thresholds.get(type_, 2.0) for type_ in finder.types}
        super().__init__(
            supported_entities=list(finder.types),
            name=finder.name,
            supported_language=LANGUAGE,
            score_thresholds={t: min(score, 1.0) for t, score in self._least.items()},
        )

    def load(self) -> None:
        """Nothing to load: finders are ready when they are made."""

    def analyze(
        self,
        text: str,  # noqa: ARG002 - the page holds it
        entities: Sequence[str],  # noqa: ARG002 - thresholds say what counts
        nlp_artifacts: NlpArtifacts,
    ) -> list[RecognizerResult]:
        """The finder's hits that count; only the first one unless the page asks for all."""
        page: Page = getattr(nlp_artifacts, "page")  # noqa: B009 - Presidio types only its own
        results: list[RecognizerResult] = []
        for hit in self._finder.find(page):
            if hit.score < self._least.get(hit.type, 2.0):
                continue
            if page.allowed(page.text[hit.start : hit.end]):
                continue
            results.append(self._result(hit))
            if not page.full:
                break
            if len(results) % 256 == 0:
                page.tick()
        return results

    def _result(self, hit: Hit) -> RecognizerResult:
        metadata = {
            RecognizerResult.RECOGNIZER_NAME_KEY: self._finder.name,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
        }
        return RecognizerResult(
            hit.type, hit.start, hit.end, min(hit.score, 1.0), recognition_metadata=metadata
        )


class ScoredInContext(ContextAwareEnhancer):
    """Leaves scores alone: our recognisers have read the context already."""

    def __init__(self) -> None:
        super().__init__(0.0, 0.0, 0, 0)

    def enhance_using_context(
        self,
        text: str,  # noqa: ARG002 - Presidio's signature, here and below
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,  # noqa: ARG002
        recognizers: list[EntityRecognizer],  # noqa: ARG002
        context: list[str] | None = None,  # noqa: ARG002
    ) -> list[RecognizerResult]:
        """The results as they are."""
        return raw_results


def analyzer(finders: Sequence[Finder], thresholds: Mapping[str, float]) -> Any:
    """A Presidio analyzer that runs ``finders`` and no language model of its own."""
    registry = RecognizerRegistry(supported_languages=[LANGUAGE])
    for finder in finders:
        registry.add_recognizer(Recognizer(finder, thresholds))
    engine = NoOpNlpEngine(models=[{"lang_code": LANGUAGE, "model_name": "none"}])
    engine.load()
    return AnalyzerEngine(
        registry=registry,
        nlp_engine=engine,
        supported_languages=[LANGUAGE],
        context_aware_enhancer=ScoredInContext(),
    )
