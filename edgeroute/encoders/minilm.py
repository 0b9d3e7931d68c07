"""What an English text is about, as a vector: all-MiniLM-L6-v2 in eight bits.

Reimers and Gurevych 2019, "Sentence-BERT". 130 tokens cost some 7 ms on one core.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgeroute.encoders.bert import LAYER_PARTS, Bert, EncoderMissing
from edgeroute.encoders.prepared import Prepared
from edgeroute.encoders.safetensors import SafeTensors
from edgeroute.encoders.shared import Shared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

MOST_TOKENS: Final = 254
_LAYERS: Final = 6
_WEIGHTS: Final = "model.safetensors"
_START, _END = 101, 102
_KEPT: Final = 512  # vectors, of 1.5 kB each


_CALLED: Final = "The model that compares English sentences (minilm)"


class MiniLM:
    """The loaded model. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        """Load the model's files from ``folder``.

        Raises:
            EncoderMissing: one is absent or broken.
        """
        try:
            from tokenizers import Tokenizer  # noqa: PLC0415 - heavy, needed at the first scan only

            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            held = SafeTensors(folder / _WEIGHTS)
            self._words = held.rows("embeddings.word_embeddings.weight")
        # The tokenizers library raises bare Exception for a missing or broken file.
        except Exception as error:
            raise EncoderMissing(f"{_CALLED} is not here or damaged.", "minilm") from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._places = (
            held["embeddings.position_embeddings.weight"]
            + held["embeddings.token_type_embeddings.weight"][0]
        )
        kept = Prepared(folder, [_WEIGHTS])
        self._bert = Bert(range(_LAYERS), lambda: _tensors(held), kept)
        # A prompt is read when it is checked, when it is advised on, and when it is remembered.
        self._of_tokens = lru_cache(_KEPT)(self._read)

    def vector(self, text: str) -> Array:
        """The vector of the first ``MOST_TOKENS`` tokens of ``text``, of length 1."""
        return self.of_tokens(self.tokens(text)[:MOST_TOKENS])

    def tokens(self, text: str) -> list[int]:
        """The numbers of the tokens of ``text``, without marks around them."""
        clean = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates are refused
        return list(self._tokenizer.encode(clean, add_special_tokens=False).ids)

    def word(self, word: str) -> int | None:
        """The number of ``word`` where the model has one for all of it; commoner ones have smaller
        numbers.
        """
        found: int | None = self._tokenizer.token_to_id(word)
        return found

    def of_tokens(self, tokens: Sequence[int]) -> Array:
        """The vector of at most ``MOST_TOKENS`` tokens, of length 1; not to be changed."""
        return self._of_tokens(tuple(tokens))

    def _read(self, tokens: tuple[int, ...]) -> Array:
        ids = [_START, *tokens, _END]
        mean = self._bert.hidden(self._words(ids) + self._places[: len(ids)]).mean(axis=0)
        vector: Array = mean / max(float((mean * mean).sum()) ** 0.5, 1e-12)
        return vector


_SHARED: Final = Shared(MiniLM)


def load(folder: Path) -> MiniLM:
    """The model in ``folder``, shared by all who ask for it.

    Raises:
        EncoderMissing: a file is absent or broken.
    """
    return _SHARED.of(folder)


def _tensors(held: SafeTensors) -> Iterator[tuple[str, Array]]:
    """Every tensor by the name that the graph has for it."""
    for part in ("weight", "bias"):
        yield f"embeddings_norm.{part}", held[f"embeddings.LayerNorm.{part}"]
        for layer in range(_LAYERS):
            for ours, theirs in LAYER_PARTS.items():
                yield f"l{layer}.{ours}.{part}", held[f"encoder.layer.{layer}.{theirs}.{part}"]
