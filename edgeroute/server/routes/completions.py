"""The routes that answer prompts: one for each format, and the token estimate."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgeroute.core.request import COMPACTING, ChatRequest
from edgeroute.server.answer.caller_request import ignored, request_of
from edgeroute.server.answer.engine_response import DecodedRequest, EngineResponse
from edgeroute.server.answer.several_answers import SeveralAnswers
from edgeroute.server.answer.stored_responses import Keeping, StoredContext, continued
from edgeroute.server.context import ServerContext
from edgeroute.server.http_refusal import CALLERS, PREFIX
from edgeroute.server.routes.gap_filling import fitted
from edgeroute.wire import legacy_completions
from edgeroute.wire.format import CallerFormat
from edgeroute.wire.formats import FORMATS, PASSING
from edgeroute.wire.json_data import Json, flag, load_body, mapping
from edgeroute.wire.legacy_completions import texts_asked

Endpoint = Callable[[Request], Awaitable[Response | EngineResponse | SeveralAnswers]]
_OPTIONAL_COUNTS: Final = frozenset({"openai-chat", "legacy-completions"})
_COUNTED: Final = FORMATS["anthropic-messages"]
_STORED: Final = FORMATS["openai-responses"]
_COMPACTING: Final = PASSING[COMPACTING]
_GOING_ON: Final = (_STORED, _COMPACTING)  # from what is stored here


def routes(context: ServerContext) -> list[Route]:
    """One route for each format that callers speak."""
    return [
        *(Route(PREFIX + form.path, answers(context, form), methods=["POST"]) for form in CALLERS),
        Route(f"{PREFIX}{_COUNTED.path}/count_tokens", _counts(context), methods=["POST"]),
        Route(f"{PREFIX}{_STORED.path}/input_tokens", _counts_input(context), methods=["POST"]),
    ]


def answers(context: ServerContext, form: CallerFormat) -> Endpoint:
    """What answers the prompts of ``form``."""

    async def answer(request: Request) -> EngineResponse | SeveralAnswers:
        body = load_body(await request.body())
        if form is legacy_completions.FORMAT and not flag(body.get("stream"), "stream"):
            return _texts(context, request, body)
        wanted = mapping(body.get("stream_options")).get("include_usage") is True
        stored = keeping = None
        if form in _GOING_ON:
            body, stored, keeping = await _continued(context, request, body)
        stream = flag(body.get("stream"), "stream", unsaid=form.streams)
        asked = fitted(request_of(body, request.headers, form), context)
        if form is _COMPACTING:
            keeping = None
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


def _texts(context: ServerContext, request: Request, body: Json) -> SeveralAnswers:
    """One whole text or several, perhaps with their prompts before them."""
    form, echo = legacy_completions.FORMAT, flag(body.get("echo"), "echo")
    prompts = [prompt for prompt, times in texts_asked(body) for _ in range(times)]
    unused, one = ignored(body, form), {**body, "n": 1, "best_of": 1, "echo": False}
    asked = [
        fitted(request_of({**one, "prompt": prompt}, request.headers, form), context)
        for prompt in prompts
    ]
    answers = [
        EngineResponse(
            context,
            DecodedRequest(replace(each, commit="complete"), form, stream=False, ignored=unused),
        )
        for each in asked
    ]
    return SeveralAnswers(answers, [prompt if echo else "" for prompt in prompts])


def _counts(context: ServerContext) -> Endpoint:
    """An estimate made here: a provider's own counter would get the prompt."""

    async def count(request: Request) -> Response:
        asked = request_of(load_body(await request.body()), request.headers, _COUNTED)
        return JSONResponse({"input_tokens": await _estimate(context, request, asked)})

    return count


def _counts_input(context: ServerContext) -> Endpoint:
    """The same of a response's input, with all that it goes on from."""

    async def count(request: Request) -> Response:
        body, stored, _ = await _continued(context, request, load_body(await request.body()))
        asked = stored.bind(request_of(body, request.headers, _STORED))
        counted = await _estimate(context, request, asked)
        return JSONResponse({"object": "response.input_tokens", "input_tokens": counted})

    return count


async def _continued(
    context: ServerContext, request: Request, body: Json
) -> tuple[Json, StoredContext, Keeping]:
    client, responses = request.scope["state"]["client"], context.runtime.responses
    return await asyncio.to_thread(continued, body, client, responses, context.origin_of)


async def _estimate(context: ServerContext, request: Request, asked: ChatRequest) -> int:
    counted = context.asked_by(request.scope, asked)
    explanation = await context.runtime.engine.explain(counted)
    return explanation.signals.input_tokens
