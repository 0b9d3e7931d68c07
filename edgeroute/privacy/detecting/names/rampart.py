"""The names model: Rampart, a small token classifier in seven languages, run by onnxruntime.

Model by National Design Studio, weights CC BY 4.0, read from files whose digests are pinned.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

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
_BATCH: Final = 8
_THREADS: Final = 2

# The tokenizer turns a run of more than 100 word characters into one unknown token. Such a run is
# read in pieces: at changes of case and kind, and every 60 characters.
_LONG_RUN: Final = re.compile(r"\w{90,}")
_PIECE: Final = re.compile(r"[A-Z]?[a-z]{1,60}|[A-Z]{1,60}|\d{1,60}|_+|[^\WA-Za-z\d_]{1,60}")


class ModelMissing(Exception):
    """A file of the model is not there, or is not the pinned one."""


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
            ModelMissing: one is absent or differs from the pinned digest.
        """
        for name, digest in PINNED.items():
            try:
                data = (folder / name).read_bytes()
            except OSError as error:
                raise ModelMissing(f"{name} of the names model is missing.") from error
            if hashlib.sha256(data).hexdigest() != digest:
                raise ModelMissing(f"{name} of the names model is damaged.")
        import numpy  # noqa: ICN001, PLC0415 - heavy, needed at the first scan only
        import onnxruntime  # noqa: PLC0415
        import tokenizers  # noqa: PLC0415

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = _THREADS
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._numpy = numpy
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._session = onnxruntime.InferenceSession(
            str(folder / "model_q4.onnx"), options, providers=["CPUExecutionProvider"]
        )

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
        jobs.sort(key=lambda job: job[2] - job[1])
        found: list[list[NameSpan]] = [[] for _ in texts]
        for first in range(0, len(jobs), _BATCH):
            batch = jobs[first : first + _BATCH]
            scores = self._scores([encodings[i].ids[a:b] for i, a, b in batch])
            for row, (index, start, stop) in enumerate(batch):
                encoding = encodings[index]
                found[index] += self._spans(
                    scores[row], encoding.offsets[start:stop], encoding.word_ids[start:stop], least
                )
        return [
            _placed(sorted(spans, key=lambda span: span.start), back)
            for spans, (_, back) in zip(found, pieces, strict=True)
        ]

    def _scores(self, batch: Sequence[Sequence[int]]) -> Any:
        """Probabilities of shape (texts, tokens, 1 + labels); begin and inside are summed."""
        numpy = self._numpy
        width = max(len(ids) for ids in batch) + 2
        ids = numpy.zeros((len(batch), width), numpy.int64)
        mask = numpy.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens) + 2] = [_START, *tokens, _STOP]
            mask[row, : len(tokens) + 2] = 1
        (logits,) = self._session.run(
            ["logits"],
            {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)},
        )
        powers = numpy.exp(logits - logits.max(-1, keepdims=True))
        shares = powers / powers.sum(-1, keepdims=True)
        both = shares[:, 1:, 1::2] + shares[:, 1:, 2::2]
        return numpy.concatenate([shares[:, 1:, :1], both], axis=-1)

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
