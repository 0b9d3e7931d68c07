"""The routes that answer prompts: one for each format, and the token estimate."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgeroute.server.answer.caller_request import ignored, request_of
from edgeroute.server.answer.engine_response import DecodedRequest, EngineResponse
from edgeroute.server.answer.stored_responses import continued
from edgeroute.server.context import ServerContext
from edgeroute.server.http_refusal import CALLERS, PREFIX
from edgeroute.server.routes.gap_filling import fitted
from edgeroute.wire.format import CallerFormat
from edgeroute.wire.formats import FORMATS
from edgeroute.wire.json_data import load_body, mapping

Endpoint = Callable[[Request], Awaitable[Response | EngineResponse]]
_OPTIONAL_COUNTS: Final = frozenset({"openai-chat", "legacy-completions"})
_COUNTED: Final = FORMATS["anthropic-messages"]
_STORED: Final = FORMATS["openai-responses"]


def routes(context: ServerContext) -> list[Route]:
    """One route for each format that callers speak."""
    counting = f"{PREFIX}{_COUNTED.path}/count_tokens"
    return [
        *(Route(PREFIX + form.path, answers(context, form), methods=["POST"]) for form in CALLERS),
        Route(counting, _counts(context), methods=["POST"]),
    ]


def answers(context: ServerContext, form: CallerFormat) -> Endpoint:
    """What answers the prompts of ``form``."""

    async def answer(request: Request) -> EngineResponse:
        body = load_body(await request.body())
        wanted = mapping(body.get("stream_options")).get("include_usage") is True
        stored = keeping = None
        if form is _STORED:
            body, stored, keeping = await asyncio.to_thread(
                continued,
                body,
                request.scope["state"]["client"],
                context.runtime.responses,
                context.origin_of,
            )
        stream = body.get("stream", form.streams) is True
        asked = fitted(request_of(body, request.headers, form), context)
        if keeping is not None and context.runtime.settings.server.keep_unstored:
            asked = replace(asked, store=True)
        if not stream:  # who is shown nothing before the end can be rescued up to the end
            asked = replace(asked, commit="complete")
        return EngineResponse(
            context,
            DecodedRequest(
                stored.bind(asked) if stored else asked,
                form,
                stream=stream,
                usage=wanted or form.name not in _OPTIONAL_COUNTS,
                ignored=ignored(body, form),
                keeping=keeping,
            ),
        )

    return answer


def _counts(context: ServerContext) -> Endpoint:
    """An estimate made here: a provider's own counter would get the prompt."""

    async def count(request: Request) -> Response:
        body = load_body(await request.body())
        asked = request_of(body, request.headers, _COUNTED)
        counted = context.asked_by(request.scope, asked)
        explanation = await context.runtime.engine.explain(counted)
        return JSONResponse({"input_tokens": explanation.signals.input_tokens})

    return count
