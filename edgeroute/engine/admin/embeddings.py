"""Vectors of texts for programs that ask for them, made on this machine and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from edgeroute.core.errors import ErrorKind, LocalModelError
from edgeroute.engine.admin.token_texts import TokenTexts

MODEL: Final = "local/all-minilm-l6-v2"
SIZE: Final = 384


class Embeddings:
    """The sentence model of the folder ``models``, and the texts of token numbers."""

    def __init__(self, models: Path) -> None:
        self._folder = models / "minilm"
        self.token_texts = TokenTexts(models)

    def embed(self, text: str) -> tuple[list[float], int]:
        """The unit vector of all of ``text`` (``SIZE`` numbers), and how many tokens that is.

        Takes some 0.1 s for each 254 tokens.

        Raises:
            LocalModelError: the sentence model is not here.
        """
        from edgeroute.routing.signals.embedding import Embedder  # noqa: PLC0415  (loads numpy)

        embedder = Embedder.load(self._folder)
        if embedder is None:
            raise LocalModelError(
                "The sentence model is not here, and EdgeRoute sends no text away for embeddings.",
                "Fetch it with `edgeroute models pull minilm`.",
                kind=ErrorKind.UNKNOWN_MODEL,
            )
        vector, tokens = embedder.embed_whole(text)
        return vector.tolist(), tokens
