"""The names model: Rampart, a small token classifier in seven languages.

Model by National Design Studio, weights CC BY 4.0, read from files whose digests are pinned.
"""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from edgeroute.encoders.bert import LAYER_PARTS, Bert, EncoderMissing
from edgeroute.encoders.onnx_tensors import tensors
from edgeroute.encoders.prepared import Prepared
from edgeroute.encoders.rows import Rows
from edgeroute.privacy.detecting.names.token_spans import LABELS, NameSpan, TokenReader

__all__ = ["LABELS", "PINNED", "NameSpan", "Rampart"]

_CALLED: Final = "The model that reads prompts for names (rampart)"
_MODEL: Final = "model_q4.onnx"
_TOKENIZER: Final = "tokenizer.json"
PINNED: Final = {
    _MODEL: "9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5",
    _TOKENIZER: "ec87d41d85cbf02128ec0e5f577b805a326b06bb2947ef2752e67a98a42819f9",
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
        kept = Prepared(folder, list(PINNED))
        files = {name: _mapped(folder / name) for name in PINNED}
        for name, digest in PINNED.items():
            if not kept.begun and hashlib.sha256(files[name]).hexdigest() != digest:
                raise EncoderMissing(f"{_CALLED} is damaged.", "rampart")
        import numpy  # noqa: ICN001, PLC0415 - heavy, needed at the first scan only
        import tokenizers  # noqa: PLC0415

        self._numpy = numpy
        tokenizer = tokenizers.Tokenizer.from_buffer(bytes(files[_TOKENIZER]))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._reader = TokenReader(tokenizer, self._scores, LABELS)
        held = tensors(files[_MODEL])
        # What is kept of the map would keep all of it: a table of words as large as a small model.
        self._bias = held["classifier.bias"].copy()
        self._words = _Words(folder / _MODEL, files[_MODEL], held)
        self._places = (
            _table(held, "position_embeddings") + _table(held, "token_type_embeddings")[0]
        )
        self._bert = Bert(range(_LAYERS), lambda: _named(held), kept)
        self._head = _product(held, _numbers(held)[-1])

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


class _Words:
    """The table of words of the file at ``path``, in eight bits: a row is read when it is asked
    for.
    """

    def __init__(self, path: Path, data: mmap.mmap, held: Mapping[str, Any]) -> None:
        import numpy  # noqa: ICN001, PLC0415

        name = _embeddings("word_embeddings")
        table = held[f"{name}_quantized"]
        first = _address(table) - _address(numpy.frombuffer(data, numpy.uint8))
        self._rows = Rows(path, first, table.shape[1])
        self._numpy = numpy
        self._scale, self._zero = _scaled(held, name)

    def __getitem__(self, which: Sequence[int]) -> Any:
        read = self._numpy.frombuffer(self._rows.read(which), self._numpy.uint8)
        return (read.reshape(len(which), -1).astype(self._scale.dtype) - self._zero) * self._scale


def _table(held: Mapping[str, Any], name: str) -> Any:
    """A table of the file that is kept in eight bits."""
    name = _embeddings(name)
    scale, zero = _scaled(held, name)
    return (held[f"{name}_quantized"].astype(scale.dtype) - zero) * scale


def _scaled(held: Mapping[str, Any], name: str) -> tuple[Any, float]:
    """By what the numbers of a table are multiplied, and which of them stands for zero."""
    return held[f"{name}_scale"].copy(), float(held[f"{name}_zero_point"])


def _embeddings(name: str) -> str:
    return f"bert.embeddings.{name}.weight"


def _address(numbers: Any) -> int:
    """Where ``numbers`` lie in memory."""
    address: int = numbers.__array_interface__["data"][0]
    return address


def _mapped(path: Path) -> mmap.mmap:
    """The file at ``path``; what is not used of it is never read into memory.

    Raises:
        EncoderMissing: it is not there.
    """
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise EncoderMissing(f"{_CALLED} is not here.", "rampart") from error


def _numbers(held: Mapping[str, Any]) -> list[int]:
    """The numbers of all products in the order of the file.

    They are named by rising numbers: query, key, value, attention, up and down of each layer, then
    the labels.
    """
    return sorted(int(name.split("_")[1]) for name in held if name.endswith("_Q4"))


def _product(held: Mapping[str, Any], number: int) -> Any:
    """The weights of a product, of shape (out, in)."""
    bits = held[f"onnx::MatMul_{number}_Q4"]
    weight = held[f"onnx::MatMul_{number}_scales"].repeat(2 * bits.shape[-1], axis=-1)
    weight[:, 0::2] *= (bits & 15).reshape(len(bits), -1) - 8.0
    weight[:, 1::2] *= (bits >> 4).reshape(len(bits), -1) - 8.0
    return weight


def _named(held: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every tensor of the layers by the name that the graph has for it."""
    products = (_product(held, number) for number in _numbers(held))
    for part in ("weight", "bias"):
        yield f"embeddings_norm.{part}", held[f"bert.embeddings.LayerNorm.{part}"]
    for layer in range(_LAYERS):
        for ours, theirs in LAYER_PARTS.items():
            name = f"bert.encoder.layer.{layer}.{theirs}"
            yield f"l{layer}.{ours}.bias", held[f"{name}.bias"]
            weight = held[f"{name}.weight"] if ours in {"aln", "oln"} else next(products)
            yield f"l{layer}.{ours}.weight", weight
