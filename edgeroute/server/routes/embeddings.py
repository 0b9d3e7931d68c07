"""``/v1/embeddings``: vectors of texts, from the sentence model on this machine alone."""

from __future__ import annotations

import asyncio
import base64
from array import array
from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgeroute.core.display import safe_line
from edgeroute.core.errors import LocalModelError, UnknownModel
from edgeroute.engine.admin.embeddings import MODEL, SIZE
from edgeroute.server.context import ServerContext
from edgeroute.server.http_refusal import PREFIX
from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import Json, load_body, model_name, strings

_NAMES: Final = ("", "auto", "local", MODEL, MODEL.partition("/")[2])
_MOST_TEXTS: Final = 2_048
# The longest text, in characters: some 8,000 tokens, as elsewhere.
_LONGEST: Final = 40_000


def routes(context: ServerContext) -> list[Route]:
    """The routes of this page."""

    async def embeddings(request: Request) -> Response:
        body = load_body(await request.body())
        texts, encode = await asyncio.to_thread(_texts, body, context)
        vectors, tokens = await vectors_of(texts, request, context)
        data = [
            {"object": "embedding", "index": index, "embedding": encode(vector)}
            for index, vector in enumerate(vectors)
        ]
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return JSONResponse({"object": "list", "data": data, "model": MODEL, "usage": usage})

    return [Route(f"{PREFIX}/embeddings", embeddings, methods=["POST"])]


async def vectors_of(
    texts: Sequence[str], request: Request, context: ServerContext
) -> tuple[list[Sequence[float]], int]:
    """The vector of each of ``texts`` and the tokens of all; a caller who hangs up ends it."""
    vectors: list[Sequence[float]] = []
    tokens = 0
    for text in texts:
        if await request.is_disconnected():
            break
        vector, count = await asyncio.to_thread(context.runtime.embeddings.embed, text)
        vectors.append(vector)
        tokens += count
    return vectors, tokens


def _texts(body: Json, context: ServerContext) -> tuple[Sequence[str], Any]:
    """The texts, and how their vectors are to be written."""
    check_model(model_name(body))
    texts = check_texts(_input(body.get("input"), context))
    if body.get("dimensions") not in (None, SIZE):
        raise WireError(f"dimensions must be {SIZE}.")
    encoding = body.get("encoding_format")
    if encoding not in (None, "float", "base64"):
        raise WireError("encoding_format must be float or base64.")
    return texts, _base64 if encoding == "base64" else list


def check_model(name: str) -> None:
    """Refuse the name of another model.

    Raises:
        UnknownModel: it is one.
    """
    if name.strip().casefold() not in _NAMES:
        raise UnknownModel(
            f"`{safe_line(name)}` makes no embeddings here, and EdgeRoute sends no text away for"
            " them.",
            f"Use `{MODEL}`: it gives {SIZE} numbers. Vectors of two models cannot be mixed.",
        )


def _input(value: object, context: ServerContext) -> Sequence[str]:
    """The texts of ``value``, which may be written as the numbers of their tokens.

    Raises:
        WireError: it holds something else, or numbers whose text cannot be told here.
    """
    rows = value if isinstance(value, list) and value else [""]
    if type(rows[0]) is int:
        rows = [rows]
    if not all(isinstance(row, list) for row in rows):
        return strings(value, "input")
    try:
        read = context.runtime.embeddings.token_texts.text
        return [read(row) for row in rows[: _MOST_TEXTS + 1]]
    except LocalModelError as error:
        raise WireError(error.message, error.hint) from error
    except ValueError as error:
        message = "input must be text, or token numbers as OpenAI's embedding models count."
        raise WireError(message) from error


def check_texts(texts: Sequence[str]) -> Sequence[str]:
    """``texts``, if they are neither none, nor too many, nor too long.

    Raises:
        WireError: they are.
    """
    if not texts or len(texts) > _MOST_TEXTS:
        raise WireError(f"input must be a text or a list of up to {_MOST_TEXTS} texts.")
    if max(map(len, texts)) > _LONGEST:
        raise WireError(f"A text of input is longer than {_LONGEST} characters.")
    return texts


def _base64(vector: Sequence[float]) -> str:
    """The numbers as 32-bit floats, little end first."""
    numbers = array("f", vector)
    if array("H", [1]).tobytes() != b"\x01\x00":
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode()
