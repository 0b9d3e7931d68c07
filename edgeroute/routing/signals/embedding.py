"""Sentence vectors from all-MiniLM-L6-v2, computed with numpy from the model's own file.

Six small layers need no inference engine: a prompt costs 5 to 20 ms on one core. Of the table of
words, which is half of the file, only what is used comes into memory. Only the start and the end of
a long text are read.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgeroute.encoders.safetensors import SafeTensors
from edgeroute.routing.signals.structure import shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    Array = NDArray[np.float32]

SIZE: Final = 384
_LAYERS: Final = 6
_HEADS: Final = 12
# How many tokens of the start and of the end are read: `BRIEF` tells what is asked for, in a
# quarter of the time that `WIDE` takes, which also tells what it is about.
WIDE: Final = (96, 32)
BRIEF: Final = (20, 10)
# Of a long text only so many characters for each token are looked at.
_CHARACTERS: Final = 20
# So many tokens the model was trained to read at once, its two marks included: 256.
_PIECE: Final = 254
_START: Final = 101
_END: Final = 102
_TINY: Final = 1e-12
_KEPT: Final = 512  # vectors, of 1.5 kB each


class Embedder:
    """Turns texts into unit vectors of ``SIZE`` numbers. Thread-safe; build it with ``load``."""

    def __init__(self, tensors: SafeTensors, tokenizer: Tokenizer) -> None:
        import numpy as np  # noqa: PLC0415  (only when a text is first embedded)

        self._np = np
        self._tokenizer = tokenizer
        self._words = tensors.on_disk("embeddings.word_embeddings.weight")
        self._places = (
            tensors["embeddings.position_embeddings.weight"]
            + tensors["embeddings.token_type_embeddings.weight"][0]
        )
        self._first_norm = _norm(tensors, "embeddings.LayerNorm")
        # A prompt is described when it is classified, when it is advised on, and when it is kept.
        self._of_ids = lru_cache(_KEPT)(lambda ids: self._unit(self._read(list(ids))))
        self._layers = [_layer(tensors, f"encoder.layer.{n}.", np) for n in range(_LAYERS)]

    @classmethod
    def load(cls, folder: Path) -> Embedder | None:
        """The embedder whose files lie in ``folder``; ``None`` where they are missing or broken.

        All who ask for the same folder share one.
        """
        if folder in _LOADED:
            return _LOADED[folder]
        try:
            from tokenizers import Tokenizer  # noqa: PLC0415

            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            tokenizer.no_padding()
            tokenizer.no_truncation()
            _LOADED[folder] = cls(SafeTensors(folder / "model.safetensors"), tokenizer)
        # The tokenizers library raises bare Exception for a missing or broken file.
        except Exception:  # noqa: BLE001
            return None
        return _LOADED[folder]

    def embed(self, text: str, window: tuple[int, int] = WIDE) -> Array:
        """The vector of ``text``, of which ``window`` says how much is read.

        Vectors of different windows are not to be compared.
        """
        return self._of_ids(tuple(self._ids(text, *window)))

    def embed_whole(self, text: str) -> tuple[Array, int]:
        """The vector of all of ``text``, and how many tokens that is.

        What is longer than the model reads at once is read piece by piece; the mean of the pieces'
        vectors counts, each by its length.
        """
        np = self._np
        ids = self._tokens(text)
        pieces = [ids[n : n + _PIECE] for n in range(0, len(ids), _PIECE)] or [[]]
        total = np.zeros(SIZE, dtype=np.float32)
        for piece in pieces:
            vector = self._unit(self._read([_START, *piece, _END]))
            total += np.float32(len(piece) or 1) * vector
        return self._unit(total), len(ids) + 2 * len(pieces)

    def _read(self, ids: list[int]) -> Array:
        """The mean of the vectors of these tokens."""
        np = self._np
        x = self._words[ids] + self._places[: len(ids)]
        x = self._normalise(x, *self._first_norm)
        with np.errstate(over="ignore"):  # a bend of infinity is a zero, as it should be
            for layer in self._layers:
                x = self._run(x, layer)
        mean: Array = x.mean(axis=0)
        return mean

    def _unit(self, vector: Array) -> Array:
        np = self._np
        unit: Array = vector / np.float32(max(_TINY, float(np.linalg.norm(vector))))
        return unit

    def _ids(self, text: str, first: int, last: int) -> list[int]:
        """The ``first`` tokens of ``text`` and the ``last`` of what follows them."""
        if len(text) > (first + last) * _CHARACTERS:
            head = self._tokens(text[: first * _CHARACTERS])[:first]
            tail = self._tokens(text[-last * _CHARACTERS :])[-last:]
        else:
            ids = self._tokens(text)
            head, tail = ids[:first], ids[first:][-last:]
        return [_START, *head, *tail, _END]

    def _tokens(self, text: str) -> list[int]:
        clean = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates are refused
        return list(self._tokenizer.encode(clean, add_special_tokens=False).ids)

    def _normalise(self, x: Array, weight: Array, bias: Array) -> Array:
        """Each row of ``x`` with mean zero and variance one, then scaled; in place."""
        np = self._np
        x -= x.mean(axis=1, keepdims=True)
        spread = np.einsum("ij,ij->i", x, x) / np.float32(SIZE)
        x /= np.sqrt(spread + np.float32(_TINY))[:, None]
        x *= weight
        x += bias
        return x

    def _run(self, x: Array, layer: dict[str, Any]) -> Array:
        np = self._np
        length = len(x)
        qkv = x @ layer["qkv"]
        qkv += layer["qkv_bias"]
        query, key, value = qkv.reshape(length, 3, _HEADS, -1).transpose(1, 2, 0, 3)
        scores = query @ key.transpose(0, 2, 1)
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        context = (scores @ value).transpose(1, 0, 2).reshape(length, SIZE)
        attended = context @ layer["out"]
        attended += layer["out_bias"]
        attended += x
        x = self._normalise(attended, *layer["attention_norm"])
        wide = x @ layer["up"]
        wide += layer["up_bias"]
        # GELU in its tanh form, w / (1 + exp(-1.596 w - 0.0714 w^3)): it is within 0.001 of the
        # exact one, and in place.
        bend = wide * wide
        bend *= np.float32(-0.0713548162)
        bend += np.float32(-1.5957691216)
        bend *= wide
        np.exp(bend, out=bend)
        bend += 1
        wide /= bend
        narrow = wide @ layer["down"]
        narrow += layer["down_bias"]
        narrow += x
        return self._normalise(narrow, *layer["output_norm"])


_LOADED: Final[dict[Path, Embedder]] = {}


def describe(text: str, embedder: Embedder) -> Array:
    """The numbers under which a prompt is remembered: its sentence vector, then its shape."""
    import numpy as np  # noqa: PLC0415

    form = np.array(shape(text), dtype=np.float32)
    return np.concatenate([embedder.embed(text, WIDE), form])


def _norm(tensors: SafeTensors, name: str) -> tuple[Array, Array]:
    return tensors[f"{name}.weight"], tensors[f"{name}.bias"]


def _layer(tensors: SafeTensors, prefix: str, np: Any) -> dict[str, Any]:
    """The weights of one layer, laid out as the products read them, which saves a tenth."""
    parts = [f"{prefix}attention.self.{part}" for part in ("query", "key", "value")]
    qkv = np.ascontiguousarray(np.concatenate([tensors[f"{name}.weight"] for name in parts]).T)
    qkv_bias = np.concatenate([tensors[f"{name}.bias"] for name in parts])
    # Attention divides its scores by this; here the questions are smaller from the start.
    qkv[:, :SIZE] /= np.float32((SIZE / _HEADS) ** 0.5)
    qkv_bias[:SIZE] /= np.float32((SIZE / _HEADS) ** 0.5)
    return {
        "qkv": qkv,
        "qkv_bias": qkv_bias,
        "out": np.ascontiguousarray(tensors[f"{prefix}attention.output.dense.weight"].T),
        "out_bias": tensors[f"{prefix}attention.output.dense.bias"],
        "attention_norm": _norm(tensors, f"{prefix}attention.output.LayerNorm"),
        "up": np.ascontiguousarray(tensors[f"{prefix}intermediate.dense.weight"].T),
        "up_bias": tensors[f"{prefix}intermediate.dense.bias"],
        "down": np.ascontiguousarray(tensors[f"{prefix}output.dense.weight"].T),
        "down_bias": tensors[f"{prefix}output.dense.bias"],
        "output_norm": _norm(tensors, f"{prefix}output.LayerNorm"),
    }
