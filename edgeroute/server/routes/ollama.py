"""The routes of Ollama's wire: what its clients ask first, and then."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgeroute import __version__
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.engine.admin.embeddings import MODEL as SENTENCES
from edgeroute.engine.deciding.model_names import WORDS
from edgeroute.server.answer.engine_response import EngineResponse
from edgeroute.server.answer.several_answers import SeveralAnswers
from edgeroute.server.context import ServerContext
from edgeroute.server.headers import apply
from edgeroute.server.http_refusal import OLLAMA
from edgeroute.server.routes.completions import Endpoint, answers
from edgeroute.server.routes.embeddings import check_model, check_texts, vectors_of
from edgeroute.wire import ollama
from edgeroute.wire.errors import WireError
from edgeroute.wire.json_data import flag, load_body, string, strings
from edgeroute.wire.ollama.caller import named_model, without_prompt

# The version of Ollama whose wire this is: its clients refuse older ones.
_WIRE_VERSION: Final = "0.12.0"
_EPOCH: Final = "1970-01-01T00:00:00Z"
_CAPABILITIES: Final = {
    "tools": "tools", "images": "vision", "reasoning": "thinking", "fill": "insert",
}  # fmt: skip
_FOR_GOOD: Final = 365 * 24 * 60  # minutes


def routes(context: ServerContext) -> list[Route]:
    """The routes of this page."""
    runtime = context.runtime

    async def version(_: Request) -> Response:
        return JSONResponse({"version": _WIRE_VERSION, "edgeroute": __version__})

    async def tags(request: Request) -> Response:
        listed = [_entry(name, None) for name in WORDS]
        listed += [_entry(card.id, card) for card in context.offered(request.scope)]
        return JSONResponse({"models": listed})

    async def running(_: Request) -> Response:
        status = await runtime.local.status()
        card = context.cards().get(f"local/{status.model}")
        if status.state not in {"ready", "answering"} or card is None:
            return JSONResponse({"models": []})
        until = runtime.clock.now() + timedelta(
            minutes=runtime.settings.local.idle_minutes or _FOR_GOOD
        )
        told = {"expires_at": until.isoformat(), "size_vram": 0, "context_length": status.window}
        return JSONResponse({"models": [_entry(card.id, card) | told]})

    async def show(request: Request) -> Response:
        typed = named_model(load_body(await request.body()))
        name, card = await asyncio.to_thread(context.shown, typed, request.scope)
        return JSONResponse(_shown(name, card or runtime.local.card))

    async def embed(request: Request) -> Response:
        body = load_body(await request.body())
        check_model(named_model(body))
        texts = check_texts(strings(body.get("input"), "input"))
        vectors, tokens = await vectors_of(texts, request, context)
        found = {"embeddings": [[*vector] for vector in vectors], "prompt_eval_count": tokens}
        return JSONResponse({"model": SENTENCES} | found)

    async def embeddings(request: Request) -> Response:
        body = load_body(await request.body())
        check_model(named_model(body))
        if not isinstance(body.get("prompt"), str | None):
            raise WireError("prompt must be a text.")
        texts = check_texts((string(body.get("prompt")),))
        vectors, _ = await vectors_of(texts, request, context)
        return JSONResponse({"embedding": [number for vector in vectors for number in vector]})

    return [
        Route(f"{OLLAMA}/version", version, methods=["GET"]),
        Route(f"{OLLAMA}/tags", tags, methods=["GET"]),
        Route(f"{OLLAMA}/ps", running, methods=["GET"]),
        Route(f"{OLLAMA}/show", show, methods=["POST"]),
        Route(f"{OLLAMA}/embed", embed, methods=["POST"]),
        Route(f"{OLLAMA}/embeddings", embeddings, methods=["POST"]),
        Route(f"{OLLAMA}/chat", _or_loaded(context, "messages"), methods=["POST"]),
        Route(f"{OLLAMA}/generate", _or_loaded(context, "prompt"), methods=["POST"]),
    ]


def _or_loaded(context: ServerContext, asked: str) -> Endpoint:
    """What answers prompts. Without one a client only wants the model in memory, or out of it:
    here that happens by itself.
    """
    form = ollama.CHAT if asked == "messages" else ollama.GENERATE
    answer = answers(context, form)

    async def answer_or_load(request: Request) -> Response | EngineResponse | SeveralAnswers:
        body = load_body(await request.body())
        if body.get(asked) or body.get("suffix"):
            return await answer(request)
        if body.get(asked) not in (None, "", []):
            raise WireError(f"{asked} is of the wrong type.")
        flag(body.get("stream"), "stream")
        asking = apply(without_prompt(body), request.headers)  # what means nothing is refused here
        name = context.named(asking.model)
        said = {"message": {"role": "assistant", "content": ""}}
        empty: dict[str, Any] = said if asked == "messages" else {"response": ""}
        now = f"{context.runtime.clock.now():%Y-%m-%dT%H:%M:%SZ}"
        reason = "unload" if body.get("keep_alive") in (0, "0") else "load"
        ending = {"done": True, "done_reason": reason}
        return JSONResponse({"model": name, "created_at": now} | empty | ending)

    return answer_or_load


def _entry(name: str, card: ModelCard | None) -> dict[str, Any]:
    return {
        "name": name,
        "model": name,
        "modified_at": _EPOCH,
        "size": 0,
        "digest": hashlib.sha256(name.encode()).hexdigest(),
        "details": _details(card),
    }


def _details(card: ModelCard | None) -> dict[str, Any]:
    family = card.family if card else "edgeroute"
    return {
        "parent_model": "",
        "format": "gguf" if card and card.place is Place.LOCAL else "remote",
        "family": family,
        "families": [family],
        "parameter_size": "",
        "quantization_level": "",
    }


def _shown(name: str, card: ModelCard) -> dict[str, Any]:
    able = [word for ability, word in _CAPABILITIES.items() if ability in card.abilities]
    return {
        "modelfile": "",
        "parameters": "",
        "template": "",
        "license": "",
        "modified_at": _EPOCH,
        "details": _details(None if name in WORDS else card),
        "model_info": {
            "general.architecture": "edgeroute",
            "edgeroute.context_length": card.context_tokens,
        },
        "capabilities": ["completion", *able],
    }
