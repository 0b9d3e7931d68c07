"""A token classifier of the user's own in ONNX: a label with its probability for every token.

Its folder holds what exports of the transformers library hold: ``model.onnx``, ``tokenizer.json``
and ``config.json`` with ``id2label``. Nothing is fetched, and no code of the model is run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from edgeroute.encoders.bert import EncoderMissing
from edgeroute.encoders.onnx_runtime import PROVIDERS, onnx_runtime, session_options

MODEL: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
CONFIG: Final = "config.json"
_INPUTS: Final = frozenset({"input_ids", "attention_mask", "token_type_ids"})
_SAMPLE: Final = "A text."


def labels_in(folder: Path) -> tuple[str, ...]:
    """The labels of the model in ``folder`` in the order of its classes; loads nothing heavy.

    Raises:
        EncoderMissing: a file is not there, or the labels cannot be read; in a sentence.
    """
    for name in (MODEL, TOKENIZER, CONFIG):
        if not (folder / name).is_file():
            raise EncoderMissing(f"{folder} holds no {name}.", "")
    try:
        config = json.loads((folder / CONFIG).read_text("utf-8"))
        found = {int(number): str(label) for number, label in config["id2label"].items()}
        return tuple(found[number] for number in range(len(found)))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        message = f"{folder / CONFIG} names no labels: it needs id2label with numbers from 0 on."
        raise EncoderMissing(message, "") from error


class TokenClassifier:
    """The loaded model. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        """Load the files in ``folder``, and try them on a short text.

        Raises:
            EncoderMissing: they cannot be used; the sentence says why.
        """
        self.labels = labels_in(folder)
        try:
            import numpy  # noqa: ICN001, PLC0415 - heavy, needed at the first scan only
            import tokenizers  # noqa: PLC0415

            self._numpy = numpy
            self.tokenizer = tokenizers.Tokenizer.from_file(str(folder / TOKENIZER))
            self.tokenizer.no_truncation()
            self.tokenizer.no_padding()
            self._session = onnx_runtime().InferenceSession(
                str(folder / MODEL), session_options(), providers=PROVIDERS
            )
        # Both libraries raise bare Exception for broken files.
        except Exception as error:
            kind = type(error).__name__
            raise EncoderMissing(f"The model in {folder} cannot be loaded ({kind}).", "") from error
        self._types = {
            one.name: numpy.int32 if "int32" in one.type else numpy.int64
            for one in self._session.get_inputs()
        }
        if "input_ids" not in self._types or not self._types.keys() <= _INPUTS:
            wanted, given = ", ".join(sorted(self._types)), ", ".join(sorted(_INPUTS))
            raise EncoderMissing(f"The model in {folder} wants {wanted}; it is given {given}.", "")
        sample = self.tokenizer.encode(_SAMPLE)
        own = [number for number, mark in enumerate(sample.special_tokens_mask) if not mark]
        self._before = sample.ids[: own[0]] if own else []
        self._after = sample.ids[own[-1] + 1 :] if own else []
        self._try(folder, [sample.ids[number] for number in own])

    def scores(self, ids: Sequence[int]) -> Any:
        """How likely each label is for each of the tokens ``ids``, of shape (tokens, labels).

        ``ids`` come from ``tokenizer`` without its special tokens.
        """
        numpy = self._numpy
        whole = [*self._before, *ids, *self._after]
        rows: Mapping[str, list[int]] = {
            "input_ids": whole,
            "attention_mask": [1] * len(whole),
            "token_type_ids": [0] * len(whole),
        }
        given = {name: numpy.array([rows[name]], kind) for name, kind in self._types.items()}
        first = len(self._before)
        logits = self._session.run(None, given)[0][0, first : first + len(ids)]
        powers = numpy.exp(logits - logits.max(-1, keepdims=True))
        return powers / powers.sum(-1, keepdims=True)

    def _try(self, folder: Path, ids: Sequence[int]) -> None:
        try:
            shape = self.scores(ids).shape
        except Exception as error:
            kind = type(error).__name__
            raise EncoderMissing(f"The model in {folder} cannot be run ({kind}).", "") from error
        if shape != (len(ids), len(self.labels)):
            raise EncoderMissing(
                f"The model in {folder} is no token classifier with the {len(self.labels)} labels"
                f" of its {CONFIG}.",
                "",
            )
