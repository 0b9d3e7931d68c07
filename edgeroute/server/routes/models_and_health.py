"""What there is: models, health, counts."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from edgeroute import __version__
from edgeroute.core.model_card import ModelCard, Place
from edgeroute.engine.deciding.model_names import WORDS
from edgeroute.server.context import ServerContext
from edgeroute.server.http_refusal import PREFIX

_WELCOME: Final = (
    "EdgeRoute is running. OpenAI's and Anthropic's clients ask at /v1, Ollama's at /api.\n"
)
_EPOCH: Final = "1970-01-01T00:00:00Z"


def routes(context: ServerContext) -> list[Route]:
    """The routes of this page."""

    async def models(request: Request) -> Response:
        listed = [_entry(name, None) for name in WORDS]
        listed += [_entry(card.id, card) for card in context.offered(request.scope)]
        ends = {"first_id": listed[0]["id"], "last_id": listed[-1]["id"]}
        # Codex reads a list of its own form, whose entries tell much that we do not know.
        codex: dict[str, Any] = {"models": []} if "client_version" in request.query_params else {}
        return JSONResponse({"object": "list", "data": listed, "has_more": False} | ends | codex)

    async def model(request: Request) -> Response:
        typed = request.path_params["name"]
        return JSONResponse(_entry(*await asyncio.to_thread(context.shown, typed, request.scope)))

    async def health(_: Request) -> Response:
        status = await context.runtime.local.status()
        return JSONResponse(
            {
                "status": "ok",
                "version": __version__,
                "local": {"state": status.state, "model": status.model, "detail": status.detail},
            }
        )

    async def metrics(_: Request) -> Response:
        return Response(
            context.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8"
        )

    async def welcome(_: Request) -> Response:
        return PlainTextResponse(_WELCOME)

    return [
        Route("/", welcome, methods=["GET"]),
        Route(f"{PREFIX}/models", models, methods=["GET"]),
        Route(f"{PREFIX}/models/{{name:path}}", model, methods=["GET"]),
        Route("/health", health, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]


def _entry(name: str, card: ModelCard | None) -> dict[str, Any]:
    """A model as both OpenAI's and Anthropic's clients read it."""
    entry = {
        "id": name,
        "object": "model",
        "type": "model",
        "display_name": name,
        "created": 0,
        "created_at": _EPOCH,
        "owned_by": card.provider if card else "edgeroute",
    }
    if card is None:
        return entry
    return entry | {
        "context_window": card.context_tokens,
        "max_output_tokens": card.max_output_tokens,
        "local": card.place is Place.LOCAL,
    }
