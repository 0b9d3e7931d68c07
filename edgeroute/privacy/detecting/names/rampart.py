"""The names model: Rampart, a small token classifier in seven languages.

Model by National Design Studio, weights CC BY 4.0, read from files whose digests are pinned.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edgeroute.encoders.bert import LAYER_PARTS, Bert, EncoderMissing
from edgeroute.encoders.onnx_tensors import tensors

PINNED: Final = {
    "model_q4.onnx": "9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5",
    "tokenizer.json": "ec87d41d85cbf02128ec0e5f577b805a326b06bb2947ef2752e67a98a42819f9",
}
LABELS: Final = (
    "GIVEN_NAME", "SURNAME", "EMAIL", "PHONE", "URL", "TAX_ID", "BANK_ACCOUNT", "ROUTING_NUMBER",
    "GOVERNMENT_ID", "PASSPORT", "DRIVERS_LICENSE", "BUILDING_NUMBER", "STREET_NAME",
    "SECONDARY_ADDRESS", "CITY", "STATE", "ZIP_CODE",
)  # fmt: skip

_START, _STOP = 2, 3
_MOST_TOKENS: Final = 192
_OVERLAP: Final = 24
_LAYERS: Final = 6

# The tokenizer turns a run of more than 100 word characters into one unknown token. Such a run is
# read in pieces: at changes of case and kind, and every 60 characters.
_LONG_RUN: Final = re.compile(r"\w{90,}")
_PIECE: Final = re.compile(r"[A-Z]?[a-z]{1,60}|[A-Z]{1,60}|\d{1,60}|_+|[^\WA-Za-z\d_]{1,60}")


@dataclass(frozen=True, slots=True)
class NameSpan:
    """Word characters ``[start, end)`` that the model takes for ``label``, as sure as ``score``."""

    label: str
    start: int
    end: int
    score: float


class Rampart:
    """The loaded model. Thread-safe: neither part keeps state between calls."""

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
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        held = tensors((folder / "model_q4.onnx").read_bytes())
        *weights, self._head = _products(held)
        self._bias = held["classifier.bias"]
        self._words = _Table(held, "word_embeddings")
        self._places = (
            _Table(held, "position_embeddings")[:] + _Table(held, "token_type_embeddings")[0]
        )
        self._bert = Bert(_LAYERS, dict(_named(held, weights)))

    def read(self, texts: Sequence[str], least: float = 0.3) -> list[list[NameSpan]]:
        """What the model sees in each of ``texts``; spans below ``least`` are left out."""
        pieces = [_in_pieces(text) for text in texts]
        encodings = self._tokenizer.encode_batch(
            [text for text, _ in pieces], add_special_tokens=False
        )
        jobs = [
            (index, start, min(start + _MOST_TOKENS, len(encoding.ids)))
            for index, encoding in enumerate(encodings)
            for start in range(0, max(len(encoding.ids) - _OVERLAP, 1), _MOST_TOKENS - _OVERLAP)
        ]
        found: list[list[NameSpan]] = [[] for _ in texts]
        read = self._scores([encodings[index].ids[start:stop] for index, start, stop in jobs])
        for (index, start, stop), scores in zip(jobs, read, strict=True):
            encoding = encodings[index]
            places, words = encoding.offsets[start:stop], encoding.word_ids[start:stop]
            found[index] += self._spans(scores, places, words, least)
        return [
            _placed(sorted(spans, key=lambda span: span.start), back)
            for spans, (_, back) in zip(found, pieces, strict=True)
        ]

    def _scores(self, pieces: Sequence[Sequence[int]]) -> Iterator[Any]:
        """Probabilities of each piece, of shape (tokens, 1 + labels); begin and inside are
        summed.
        """
        numpy = self._numpy
        given = [
            self._words[[_START, *ids, _STOP]] + self._places[: len(ids) + 2] for ids in pieces
        ]
        for hidden in self._bert.hidden_of(given):
            logits = hidden[1:-1] @ self._head.T + self._bias
            powers = numpy.exp(logits - logits.max(-1, keepdims=True))
            shares = powers / powers.sum(-1, keepdims=True)
            yield numpy.concatenate([shares[:, :1], shares[:, 1::2] + shares[:, 2::2]], axis=-1)

    def _spans(
        self,
        scores: Any,
        offsets: Sequence[tuple[int, int]],
        words: Sequence[int | None],
        least: float,
    ) -> list[NameSpan]:
        """Words whose best label is sure enough; neighbours of one label become one span."""
        best = scores[: len(offsets), 1:].argmax(-1)
        spans: list[NameSpan] = []
        last_word: int | None = -2
        for token, (start, end) in enumerate(offsets):
            label = LABELS[int(best[token])]
            score = float(scores[token, 1 + int(best[token])])
            word = words[token]
            if spans and word == last_word and spans[-1].end == start:
                old = spans[-1]
                spans[-1] = NameSpan(old.label, old.start, end, max(old.score, score))
            elif score >= least:
                old_end = spans[-1].end if spans else -9
                if spans and spans[-1].label == label and 0 <= start - old_end <= 1:
                    old = spans[-1]
                    spans[-1] = NameSpan(label, old.start, end, max(old.score, score))
                else:
                    spans.append(NameSpan(label, start, end, score))
                last_word = word
        return spans


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


def _named(held: Mapping[str, Any], weights: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """Every tensor of the layers by the name that the graph has for it."""
    products = iter(weights)
    for part in ("weight", "bias"):
        yield f"embeddings_norm.{part}", held[f"bert.embeddings.LayerNorm.{part}"]
    for layer in range(_LAYERS):
        for ours, theirs in LAYER_PARTS.items():
            name = f"bert.encoder.layer.{layer}.{theirs}"
            yield f"l{layer}.{ours}.bias", held[f"{name}.bias"]
            weight = held[f"{name}.weight"] if ours in {"aln", "oln"} else next(products)
            yield f"l{layer}.{ours}.weight", weight


def _in_pieces(text: str) -> tuple[str, list[tuple[int, int]]]:
    """``text`` with spaces inside over-long runs, and where (place, shift) they were put."""
    if _LONG_RUN.search(text) is None:
        return text, []
    parts: list[str] = []
    shifts: list[tuple[int, int]] = []
    done = added = 0
    for run in _LONG_RUN.finditer(text):
        for piece in _PIECE.finditer(text, run.start(), run.end()):
            parts += (text[done : piece.end()], " ")
            done = piece.end()
            shifts.append((done + added + 1, added + 1))
            added += 1
    parts.append(text[done:])
    return "".join(parts), shifts


def _placed(spans: list[NameSpan], shifts: list[tuple[int, int]]) -> list[NameSpan]:
    if not shifts:
        return spans

    def back(place: int) -> int:
        shift = 0
        for start, so_far in shifts:
            if start > place:
                break
            shift = so_far
        return place - shift

    return [
        NameSpan(s.label, back(s.start), max(back(s.end), back(s.start) + 1), s.score)
        for s in spans
    ]
