"""Stored responses: read, played again, listed with what was asked, deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import dropwhile
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from edgeroute.core.display import safe_line
from edgeroute.core.stored_response import StoredResponse
from edgeroute.server.answer.stored_responses import StoredContext
from edgeroute.server.context import ServerContext
from edgeroute.server.http_refusal import PREFIX, HttpRefusal
from edgeroute.wire.errors import WireError
from edgeroute.wire.formats import FORMATS
from edgeroute.wire.json_data import Json, dump
from edgeroute.wire.openai_responses import stored

_FORM: Final = FORMATS["openai-responses"]
_PATH: Final = f"{PREFIX}{_FORM.path}/{{id}}"
_NAME: Final = 100
_PAGE: Final = 20
_LARGEST_PAGE: Final = 100


def routes(context: ServerContext) -> list[Route]:
    """The routes of this page."""
    runtime = context.runtime

    async def found(request: Request) -> StoredResponse:
        name = request.path_params["id"]
        response = await asyncio.to_thread(runtime.responses.get, _client(request), name)
        if response is None:
            raise _unknown(name)
        return response

    async def one(request: Request) -> Response:
        if request.method == "DELETE":
            return await delete(request)
        response = await found(request)
        query = request.query_params
        after = _whole(query.get("starting_after", "-1"), "starting_after")
        if query.get("stream", "false") not in {"true", "false"}:
            raise WireError("stream must be true or false.")
        if query.get("stream") != "true":
            return _json(response.body)
        replay = stored.replayed(response.body, after)
        return StreamingResponse(replay, media_type=_FORM.media_type)

    async def delete(request: Request) -> Response:
        name = request.path_params["id"]
        if not await asyncio.to_thread(runtime.responses.delete, _client(request), name):
            raise _unknown(name)
        return _json({"id": name, "object": "response", "deleted": True})

    async def asked(request: Request) -> Response:
        response = await found(request)
        context_ = StoredContext(runtime.responses, _client(request))
        items = await asyncio.to_thread(context_.asked, response)
        return _json(_page(items, request.query_params))

    return [
        Route(_PATH, one, methods=["GET", "DELETE"]),
        Route(f"{_PATH}/input_items", asked, methods=["GET"]),
    ]


def _client(request: Request) -> str:
    return str(request.scope["state"]["client"])


def _unknown(name: str) -> HttpRefusal:
    said = f"Response with id '{safe_line(name, _NAME)}' not found."
    return HttpRefusal(404, "not_found", said)


def _page(items: Sequence[Json], query: Mapping[str, str]) -> dict[str, Any]:
    """The part of ``items`` that ``query`` asks for; the last item comes first unless told so."""
    limit = _whole(query.get("limit", str(_PAGE)), "limit")
    order, after = query.get("order", "desc"), query.get("after", "")
    if not 1 <= limit <= _LARGEST_PAGE:
        raise WireError(f"limit must be from 1 to {_LARGEST_PAGE}.")
    if order not in {"asc", "desc"}:
        raise WireError("order must be asc or desc.")
    rest = list(items if order == "asc" else reversed(items))
    if after:
        if all(item["id"] != after for item in rest):
            raise HttpRefusal(404, "not_found", "after is not the id of an item of this response.")
        rest = list(dropwhile(lambda item: item["id"] != after, rest))[1:]
    shown = rest[:limit]
    ends = {
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
    }
    return {"object": "list", "data": shown, "has_more": len(rest) > limit} | ends


def _whole(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise WireError(f"{name} must be a whole number.") from None


def _json(value: Mapping[str, Any]) -> Response:
    return Response(dump(value), media_type="application/json")
