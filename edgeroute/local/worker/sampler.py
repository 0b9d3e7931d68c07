"""Which token comes next: the chain of llama.cpp's samplers, and a grammar in front of it."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final

from edgeroute.core.request import Sampling
from edgeroute.local.files.catalogue import Style
from edgeroute.local.worker.context import Context
from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import mapping, number

# The publisher's advice for answers without thinking.
_ADVICE: Final[dict[Style, dict[str, float]]] = {
    "qwen2.5": {"temperature": 0.7, "top_p": 0.8, "top_k": 20, "repeat_penalty": 1.05},
    "qwen3": {"temperature": 0.7, "top_p": 0.8, "top_k": 20},
    "qwen3.5": {"temperature": 0.7, "top_p": 0.8, "top_k": 20, "presence_penalty": 1.5},
}
# The fields of requests that say how tokens are drawn, by their names here.
_FIELDS: Final = {
    "top_k": "top_k",
    "min_p": "min_p",
    "repeat_penalty": "repeat_penalty",
    "repetition_penalty": "repeat_penalty",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}
_LAST_TOKENS: Final = 64  # how far back what is repeated counts
# Penalties look at each token on its own: only those that can still be drawn are worth it.
_LIKELY: Final = 128


@dataclass(frozen=True, slots=True)
class Drawing:
    """How tokens are drawn, in llama.cpp's words; None is as the model's publisher advises.

    ``bias`` is added to the logits of tokens. ``grammar`` holds the answer to it; ``trigger`` is
    the token with which it begins to hold, where it does not from the first one on.
    """

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    repeat_penalty: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None
    bias: Mapping[int, float] = field(default_factory=dict)
    grammar: str = ""
    trigger: int | None = None

    @classmethod
    def of(cls, sampling: Sampling, wishes: Mapping[str, Any], **more: Any) -> Drawing:
        """What a request says: ``sampling``, and ``wishes`` by the names of this class."""
        return cls(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            seed=sampling.seed,
            **{**wishes, **more},
        )


def wishes(body: Mapping[str, Any]) -> dict[str, Any]:
    """What the ``body`` of a request says of drawing beyond its wire format's own words.

    Raises:
        WireError: a value is of the wrong type.
    """
    found: dict[str, Any] = {
        noun: given
        for name, noun in _FIELDS.items()
        if (given := number(body.get(name), name)) is not None
    }
    bias = mapping(body.get("logit_bias"))
    try:
        pairs = {
            int(token): float(number(value, "logit_bias") or 0) for token, value in bias.items()
        }
    except ValueError as error:
        raise WireError("logit_bias must map the numbers of tokens to numbers.") from error
    return {**found, "bias": pairs} if pairs else found


class Sampler:
    """Draws one answer's tokens from ``context``. Close it."""

    def __init__(self, context: Context, style: Style, drawing: Drawing) -> None:
        """Prepare the chain.

        Raises:
            ValueError: llama.cpp does not take the grammar.
        """
        self._context = context
        self._library = context.library
        self._open = ExitStack()
        self._grammar = self._begin_grammar(drawing)
        chain = self._library.llama_sampler_chain_init(
            self._library.llama_sampler_chain_default_params()
        )
        self._chain = chain
        self._open.callback(self._library.llama_sampler_free, chain)
        self._fill(drawing, _ADVICE[style])

    def close(self) -> None:
        """Free it."""
        self._open.close()

    def draw(self, row: int = -1) -> int:
        """The next token, which counts as drawn, by what was computed in ``row``."""
        if self._grammar is None:
            return int(self._library.llama_sampler_sample(self._chain, self._context.pointer, row))
        # Most of the time the token fits without asking the grammar about every other one.
        logits = self._context.logits(row)
        token = self._drawn(logits, held=False)
        if not self._fits(logits, token):
            token = self._drawn(logits, held=True)
        self._library.llama_sampler_accept(self._grammar, token)
        self._library.llama_sampler_accept(self._chain, token)
        return token

    def _begin_grammar(self, drawing: Drawing) -> Any:
        if not drawing.grammar:
            return None
        vocabulary, text = self._context.vocabulary, drawing.grammar.encode()
        if drawing.trigger is None:
            made = self._library.llama_sampler_init_grammar(vocabulary, text, b"root")
        else:
            tokens = (self._library.llama_token * 1)(drawing.trigger)
            made = self._library.llama_sampler_init_grammar_lazy_patterns(
                vocabulary, text, b"root", None, 0, tokens, 1
            )
        if not made:
            raise ValueError("llama.cpp does not take the grammar")
        self._open.callback(self._library.llama_sampler_free, made)
        return made

    def _fill(self, drawing: Drawing, advice: Mapping[str, float]) -> None:
        def wish(name: str, usual: float) -> float:
            given = getattr(drawing, name)
            return float(advice.get(name, usual) if given is None else given)

        add, library = self._add, self._library
        temperature = max(wish("temperature", 1.0), 0.0)
        repeated = wish("repeat_penalty", 1.0)
        often, present = wish("frequency_penalty", 0.0), wish("presence_penalty", 0.0)
        size = self._context.tokens_known
        few = not temperature or 0 < wish("top_k", 0) <= _LIKELY
        falling = repeated >= 1.0 and often >= 0.0 and present >= 0.0
        self._likely_suffice = few and falling and not drawing.bias
        if drawing.bias:
            pairs = [(token, bias) for token, bias in drawing.bias.items() if 0 <= token < size]
            array = (library.llama_logit_bias * len(pairs))(*pairs)
            add(library.llama_sampler_init_logit_bias(size, len(pairs), array))
        if (repeated, often, present) != (1.0, 0.0, 0.0):
            if falling:
                add(library.llama_sampler_init_top_k(_LIKELY))
            add(
                library.llama_sampler_init_penalties(
                    size, _LAST_TOKENS, max(repeated, 1e-3), often, present
                )
            )
        if not temperature:
            add(library.llama_sampler_init_greedy())
            return
        add(library.llama_sampler_init_top_k(int(wish("top_k", 0))))
        add(library.llama_sampler_init_top_p(min(max(wish("top_p", 1.0), 0.0), 1.0), 1))
        add(library.llama_sampler_init_min_p(min(max(wish("min_p", 0.0), 0.0), 1.0), 1))
        add(library.llama_sampler_init_temp(temperature))
        seed = drawing.seed
        add(library.llama_sampler_init_dist(
            library.LLAMA_DEFAULT_SEED if seed is None else seed & 0x7FFFFFFF
        ))  # fmt: skip

    def _add(self, sampler: Any) -> None:
        self._library.llama_sampler_chain_add(self._chain, sampler)

    def _drawn(self, logits: Any, *, held: bool) -> int:
        """A token of the chain, with ``held`` of those that the grammar allows."""
        import numpy as np  # noqa: PLC0415

        some = np.argpartition(logits, -_LIKELY)[-_LIKELY:] if self._likely_suffice else None
        array = self._array(logits, some)
        if held:
            self._library.llama_sampler_apply(self._grammar, ctypes.byref(array))
            if some is not None and np.isinf(array.rows["logit"]).all():
                array = self._array(logits, None)
                self._library.llama_sampler_apply(self._grammar, ctypes.byref(array))
        self._library.llama_sampler_apply(self._chain, ctypes.byref(array))
        return int(array.data[array.selected].id)

    def _fits(self, logits: Any, token: int) -> bool:
        """Whether the grammar allows ``token`` next."""
        import numpy as np  # noqa: PLC0415

        array = self._array(logits, np.array([token]))
        self._library.llama_sampler_apply(self._grammar, ctypes.byref(array))
        return not math.isinf(array.data[0].logit)

    def _array(self, logits: Any, tokens: Any) -> Any:
        """``tokens``, or all, with their logits as llama.cpp's samplers take them."""
        import numpy as np  # noqa: PLC0415

        kind = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
        ids = np.arange(len(logits)) if tokens is None else tokens
        rows = np.zeros(len(ids), kind)
        rows["id"], rows["logit"] = ids, logits[ids]
        data = rows.ctypes.data_as(ctypes.POINTER(self._library.llama_token_data))
        array = self._library.llama_token_data_array(data, len(rows), -1, False)  # noqa: FBT003
        array.rows = rows  # they live as long as the array does
        return array
