"""Sentence vectors from all-MiniLM-L6-v2, computed with numpy from the model's own file.

Six small layers need no inference engine: a prompt costs 10 to 25 ms on one core, and the file is
mapped, so that only the parts in use are in memory. Only the start and the end of a long text are
read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    Array = NDArray[np.float32]

SIZE: Final = 384
_LAYERS: Final = 6
_HEADS: Final = 12
_HEAD_TOKENS: Final = 26
_TAIL_TOKENS: Final = 14
_CHARACTERS: Final = 400
_START: Final = 101
_END: Final = 102
_TINY: Final = 1e-12


class Embedder:
    """Turns texts into unit vectors of ``SIZE`` numbers. Thread-safe; build it with ``load``."""

    def __init__(self, tensors: dict[str, Array], tokenizer: Tokenizer) -> None:
        import numpy as np  # noqa: PLC0415  (only when a text is first embedded)

        self._np = np
        self._tokenizer = tokenizer
        self._embeddings = {
            name: tensors[f"embeddings.{name}.weight"]
            for name in ("word_embeddings", "position_embeddings", "token_type_embeddings")
        }
        self._first_norm = _norm(tensors, "embeddings.LayerNorm")
        self._layers = [_layer(tensors, f"encoder.layer.{n}.", np) for n in range(_LAYERS)]

    @classmethod
    def load(cls, folder: Path) -> Embedder | None:
        """The embedder whose files lie in ``folder``; ``None`` where they are missing or broken."""
        try:
            from tokenizers import Tokenizer  # noqa: PLC0415

            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            tokenizer.no_padding()
            tokenizer.no_truncation()
            return cls(_tensors(folder / "model.safetensors"), tokenizer)
        # The tokenizers library raises bare Exception for a missing or broken file.
        except Exception:  # noqa: BLE001
            return None

    def embed(self, text: str) -> Array:
        """The vector of ``text``."""
        np = self._np
        ids = self._ids(text)
        tables = self._embeddings
        x = tables["word_embeddings"][ids] + tables["position_embeddings"][: len(ids)]
        x = self._normalise(x + tables["token_type_embeddings"][0], *self._first_norm)
        for layer in self._layers:
            x = self._run(x, layer)
        vector = x.mean(axis=0)
        unit: Array = vector / np.float32(max(_TINY, float(np.linalg.norm(vector))))
        return unit

    def _ids(self, text: str) -> list[int]:
        """The tokens of the start and the end of ``text``."""
        if len(text) > 2 * _CHARACTERS:
            head = self._tokens(text[:_CHARACTERS])[:_HEAD_TOKENS]
            tail = self._tokens(text[-_CHARACTERS:])[-_TAIL_TOKENS:]
        else:
            ids = self._tokens(text)
            head, tail = ids[:_HEAD_TOKENS], ids[_HEAD_TOKENS:][-_TAIL_TOKENS:]
        return [_START, *head, *tail, _END]

    def _tokens(self, text: str) -> list[int]:
        clean = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates are refused
        return list(self._tokenizer.encode(clean, add_special_tokens=False).ids)

    def _normalise(self, x: Array, weight: Array, bias: Array) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = (centred * centred).mean(axis=-1, keepdims=True)
        result: Array = centred / self._np.sqrt(variance + _TINY) * weight + bias
        return result

    def _run(self, x: Array, layer: dict[str, Any]) -> Array:
        np = self._np
        length = len(x)
        qkv = x @ layer["qkv"] + layer["qkv_bias"]
        query, key, value = (
            part.reshape(length, _HEADS, -1).transpose(1, 0, 2) for part in np.split(qkv, 3, axis=1)
        )
        scores = query @ key.transpose(0, 2, 1) / np.float32((SIZE / _HEADS) ** 0.5)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        context = (scores @ value).transpose(1, 0, 2).reshape(length, SIZE)
        x = self._normalise(
            x + context @ layer["out"] + layer["out_bias"], *layer["attention_norm"]
        )
        wide = x @ layer["up"] + layer["up_bias"]
        # GELU in its tanh form, 0.5 w (1 + tanh(0.798 (w + 0.0447 w^3))), without copies: it is
        # within 0.001 of the exact one.
        bend = wide * wide
        bend *= 0.0356774081
        bend += 0.7978845608
        bend *= wide
        np.tanh(bend, out=bend)
        bend += 1
        wide *= bend
        wide *= 0.5
        return self._normalise(x + wide @ layer["down"] + layer["down_bias"], *layer["output_norm"])


def _tensors(path: Path) -> dict[str, Array]:
    import numpy as np  # noqa: PLC0415

    mapped = np.memmap(path, dtype=np.uint8, mode="r")
    size = int.from_bytes(bytes(mapped[:8]), "little")
    header = msgspec.json.decode(bytes(mapped[8 : 8 + size]))
    tensors: dict[str, Array] = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            first, last = (8 + size + offset for offset in entry["data_offsets"])
            tensors[name] = mapped[first:last].view(np.float32).reshape(entry["shape"])
    return tensors


def _norm(tensors: dict[str, Array], name: str) -> tuple[Array, Array]:
    return tensors[f"{name}.weight"], tensors[f"{name}.bias"]


def _layer(tensors: dict[str, Array], prefix: str, np: Any) -> dict[str, Any]:
    attention = [f"{prefix}attention.self.{part}" for part in ("query", "key", "value")]
    return {
        "qkv": np.concatenate([tensors[f"{name}.weight"] for name in attention]).T,
        "qkv_bias": np.concatenate([tensors[f"{name}.bias"] for name in attention]),
        "out": tensors[f"{prefix}attention.output.dense.weight"].T,
        "out_bias": tensors[f"{prefix}attention.output.dense.bias"],
        "attention_norm": _norm(tensors, f"{prefix}attention.output.LayerNorm"),
        "up": tensors[f"{prefix}intermediate.dense.weight"].T,
        "up_bias": tensors[f"{prefix}intermediate.dense.bias"],
        "down": tensors[f"{prefix}output.dense.weight"].T,
        "down_bias": tensors[f"{prefix}output.dense.bias"],
        "output_norm": _norm(tensors, f"{prefix}output.LayerNorm"),
    }
