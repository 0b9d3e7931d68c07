"""The names model: Rampart, a small token classifier in seven languages.

Model by National Design Studio, weights CC BY 4.0, read from files whose digests are pinned.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from edgeroute.encoders.bert import LAYER_PARTS, Bert, EncoderMissing
from edgeroute.encoders.onnx_tensors import tensors
from edgeroute.privacy.detecting.names.token_spans import LABELS, NameSpan, TokenReader

__all__ = ["LABELS", "PINNED", "NameSpan", "Rampart"]

PINNED: Final = {
    "model_q4.onnx": "9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5",
    "tokenizer.json": "ec87d41d85cbf02128ec0e5f577b805a326b06bb2947ef2752e67a98a42819f9",
}
_START, _STOP = 2, 3
_LAYERS: Final = 6


class Rampart:
    """The loaded model. Thread-safe: neither part keeps state between calls."""

    latin_only: Final = True

    def __init__(self, folder: Path) -> None:
        """Read the files in ``folder``.

        Raises:
            EncoderMissing: one is absent or differs from the pinned digest.
        """
        for name, digest in PINNED.items():
            try:
                data = (folder / name).read_bytes()
            except OSError as error:
                raise EncoderMissing(f"{name} of the names model is missing.", "rampart") from error
            if hashlib.sha256(data).hexdigest() != digest:
                raise EncoderMissing(f"{name} of the names model is damaged.", "rampart")
        import numpy  # noqa: ICN001, PLC0415 - heavy, needed at the first scan only
        import tokenizers  # noqa: PLC0415

        self._numpy = numpy
        tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._reader = TokenReader(tokenizer, self._scores, LABELS)
        held = tensors((folder / "model_q4.onnx").read_bytes())
        products = _products(held)
        self._bias = held["classifier.bias"]
        self._words = _Table(held, "word_embeddings")
        self._places = (
            _Table(held, "position_embeddings")[:] + _Table(held, "token_type_embeddings")[0]
        )
        self._bert = Bert(_LAYERS, _named(held, products))
        (self._head,) = products

    def read(self, texts: Sequence[str], least: float = 0.3) -> list[list[NameSpan]]:
        """What the model sees in each of ``texts``; spans below ``least`` are left out."""
        return self._reader.read(texts, least)

    def _scores(self, pieces: Sequence[Sequence[int]]) -> Iterator[Any]:
        """Probabilities of each piece, of shape (tokens, 1 + labels); begin and inside are
        summed.
        """
        numpy = self._numpy
        for ids in pieces:
            given = self._words[[_START, *ids, _STOP]] + self._places[: len(ids) + 2]
            hidden = self._bert.hidden(given)
            logits = hidden[1:-1] @ self._head.T + self._bias
            powers = numpy.exp(logits - logits.max(-1, keepdims=True))
            shares = powers / powers.sum(-1, keepdims=True)
            yield numpy.concatenate([shares[:, :1], shares[:, 1::2] + shares[:, 2::2]], axis=-1)


class _Table:
    """A table of the file that is kept in eight bits."""

    def __init__(self, held: Mapping[str, Any], name: str) -> None:
        name = f"bert.embeddings.{name}.weight"
        self._rows = held[f"{name}_quantized"]
        self._scale = held[f"{name}_scale"]
        self._zero = float(held[f"{name}_zero_point"])

    def __getitem__(self, which: Any) -> Any:
        return (self._rows[which].astype(self._scale.dtype) - self._zero) * self._scale


def _products(held: Mapping[str, Any]) -> Iterator[Any]:
    """The weights of all products in the order of the file, of shape (out, in).

    They are named by rising numbers: query, key, value, attention, up and down of each layer, then
    the labels.
    """
    numbers = sorted(int(name.split("_")[1]) for name in held if name.endswith("_Q4"))
    for number in numbers:
        bits = held[f"onnx::MatMul_{number}_Q4"]
        weight = held[f"onnx::MatMul_{number}_scales"].repeat(2 * bits.shape[-1], axis=-1)
        weight[:, 0::2] *= (bits & 15).reshape(len(bits), -1) - 8.0
        weight[:, 1::2] *= (bits >> 4).reshape(len(bits), -1) - 8.0
        yield weight


def _named(held: Mapping[str, Any], products: Iterator[Any]) -> Iterator[tuple[str, Any]]:
    """Every tensor of the layers by the name that the graph has for it."""
    for part in ("weight", "bias"):
        yield f"embeddings_norm.{part}", held[f"bert.embeddings.LayerNorm.{part}"]
    for layer in range(_LAYERS):
        for ours, theirs in LAYER_PARTS.items():
            name = f"bert.encoder.layer.{layer}.{theirs}"
            yield f"l{layer}.{ours}.bias", held[f"{name}.bias"]
            weight = held[f"{name}.weight"] if ours in {"aln", "oln"} else next(products)
            yield f"l{layer}.{ours}.weight", weight
