"""How many tokens a request is, estimated from its characters alone.

No tokenizer is loaded: four classes of characters each have their own length per token, measured
on the vocabularies of today's model families. The unit is a token of OpenAI's o200k vocabulary;
``ModelCard.token_factor`` turns it into another family's. Expect an error of about 10 % on prose
and code and up to 30 % on short lines full of names and numbers.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterable
from typing import Final

from edgeroute.core.messages import (
    File,
    Image,
    Message,
    Part,
    Text,
    ToolCall,
    ToolResult,
)
from edgeroute.core.request import ChatRequest, Tool

# Characters per token, by class of character.
LETTERS: Final = 4.8
SIGNS: Final = 2.2
CJK: Final = 1.35
OTHER: Final = 2.4

PER_MESSAGE: Final = 4
PER_IMAGE: Final = 1_000
BYTES_PER_FILE_TOKEN: Final = 5.0
# A window check must not be too low: this much is added to the middle estimate.
UPPER: Final = 1.15

_MOST_KNOWN: Final = 20_000  # estimates, of some 200 bytes each
_KNOWN: Final[dict[tuple[int, int], float]] = {}
_ASCII_SIGNS: Final = str.maketrans("", "", string.digits + string.punctuation)
_INDENTATION: Final = re.compile(r"[ \t]{2,}")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
_CJK: Final = re.compile(
    "[\u1100-\u11ff\u2e80-\u303f\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]+"
)


def text_tokens(text: str) -> float:
    """The middle estimate for ``text``, in o200k tokens.

    Histories are resent whole with every turn, so estimates are kept, by what the text hashes to.
    """
    key = hash(text), len(text)
    found = _KNOWN.get(key)
    if found is None:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        found = _KNOWN[key] = _estimated(text)
    return found


def _estimated(text: str) -> float:
    tokens = 0.0
    if not text.isascii():
        length = len(text)
        without_cjk = _CJK.sub("", text)
        text = _NOT_ASCII.sub("", without_cjk)
        tokens += (length - len(without_cjk)) / CJK + (len(without_cjk) - len(text)) / OTHER
    # A run of spaces is one token, whatever its length.
    text = _INDENTATION.sub("    ", text)
    letters = len(text.translate(_ASCII_SIGNS))
    return tokens + letters / LETTERS + (len(text) - letters) / SIGNS


def _part_tokens(part: Part) -> float:
    match part:
        case Text(text=text):
            return text_tokens(text)
        case Image():
            return PER_IMAGE
        case File(name=name, data=data):
            return text_tokens(name) + len(data) / BYTES_PER_FILE_TOKEN
        case ToolCall(name=name, arguments=arguments):
            return text_tokens(name + arguments)
        case ToolResult(parts=parts):
            return sum(_part_tokens(inner) for inner in parts)
        case _:
            return text_tokens(part.payload or getattr(part, "text", ""))


def message_tokens(messages: Iterable[Message]) -> int:
    """The middle estimate for ``messages``, framing included."""
    return round(sum(PER_MESSAGE + sum(_part_tokens(part) for part in m.parts) for m in messages))


def tool_tokens(tools: Iterable[Tool]) -> int:
    """The middle estimate for tool definitions."""
    return round(
        sum(
            text_tokens(tool.name)
            + text_tokens(tool.description)
            + text_tokens(json.dumps(tool.parameters, ensure_ascii=False, default=str))
            for tool in tools
        )
    )


def request_tokens(request: ChatRequest) -> int:
    """The middle estimate for everything in ``request``, for rules such as ``input_tokens < N``."""
    schema = request.response_format
    extra = text_tokens(json.dumps(schema, default=str)) if schema else 0
    return message_tokens(request.messages) + tool_tokens(request.tools) + round(extra)


def upper_bound(tokens: int, factor: float) -> int:
    """What ``tokens`` may come to on a model with this ``token_factor``: for window checks."""
    return round(tokens * factor * UPPER)
