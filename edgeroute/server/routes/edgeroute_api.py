"""EdgeRoute's own routes: explanations, receipts, conversations."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edgeroute.core.ids import owned, owner_of
from edgeroute.core.messages import user
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import PrivacyMode
from edgeroute.engine.admin.conversations import ConversationChange
from edgeroute.engine.recording.feedback import THUMBS, Thumb
from edgeroute.server import headers as own_headers
from edgeroute.server.answer.caller_request import request_of
from edgeroute.server.context import ServerContext
from edgeroute.server.http_refusal import HttpRefusal
from edgeroute.wire.errors import WireError
from edgeroute.wire.formats import FORMATS
from edgeroute.wire.json_data import dump, flag, load_body, model_name

PREFIX: Final = "/edgeroute/v1"
_FIELDS: Final = {"input": "openai-responses", "messages": "openai-chat"}
"""Which format a body is of, by the field that holds its prompt."""


def routes(context: ServerContext) -> list[Route]:
    """The routes of this page."""
    runtime = context.runtime

    async def explain(request: Request) -> Response:
        body = load_body(await request.body())
        full = flag(body.get("full"), "full")
        asked = _request_to_explain(body, request.headers)
        explained = context.asked_by(request.scope, asked)
        explanation = await runtime.engine.explain(explained, full=full)
        return _json(explanation.as_json())

    async def receipt(request: Request) -> Response:
        name = request.path_params["id"]
        found = await asyncio.to_thread(runtime.receipts.get, name)
        client = context.client(request.scope)
        if found is None or (client and client.name != found.client):
            raise HttpRefusal(404, "not_found", "There is no such receipt.")
        if request.method == "POST":
            thumb = _thumb(load_body(await request.body()))
            if not found.model:
                raise HttpRefusal(409, "invalid_request", "This request was not answered.")
            await asyncio.to_thread(runtime.memory.rate, found, thumb)
        thumb = await asyncio.to_thread(runtime.memory.thumb, found.id)
        return _json(found.as_json() | {"thumb": thumb})

    async def conversation(request: Request) -> Response:
        client = context.client(request.scope)
        name, owner = request.path_params["id"], client.owner if client else ""
        if owner_of(name) != owner:
            name = owned(name, owner)
        found = await asyncio.to_thread(runtime.conversations.get, name)
        if found is None or (client and owner_of(found.id) != owner):
            raise HttpRefusal(404, "not_found", "There is no such conversation.")
        if request.method == "PATCH":
            change = _change(load_body(await request.body()))
            profile = client.privacy if client else None
            await asyncio.to_thread(runtime.conversations.change, found.id, change, profile)
            found = await asyncio.to_thread(runtime.conversations.get, name)
        return _json(msgspec.to_builtins(found))

    return [
        Route(f"{PREFIX}/explain", explain, methods=["POST"]),
        Route(f"{PREFIX}/receipts/{{id}}", receipt, methods=["GET"]),
        Route(f"{PREFIX}/receipts/{{id}}/rating", receipt, methods=["POST"]),
        Route(f"{PREFIX}/conversations/{{id}}", conversation, methods=["GET", "PATCH"]),
    ]


def _request_to_explain(body: Mapping[str, Any], headers: Mapping[str, str]) -> ChatRequest:
    """The request to explain: a body of any format, or just a prompt."""
    given = [name for name in ("prompt", *_FIELDS) if name in body]
    if len(given) != 1:
        raise WireError("It is not clear what to explain.", "Send one of prompt, messages, input.")
    if given == ["prompt"]:
        if not isinstance(body["prompt"], str) or not body["prompt"]:
            raise WireError("prompt must be a text.")
        prompt = ChatRequest((user(body["prompt"]),), model_name(body), front_door="http")
        return own_headers.apply(prompt, headers)
    kept = {key: value for key, value in body.items() if key != "full"}
    return request_of(kept, headers, FORMATS[_FIELDS[given[0]]])


def _thumb(body: Mapping[str, Any]) -> Thumb | None:
    """The user's word in ``body``; None takes an earlier one back.

    Raises:
        WireError: it is none.
    """
    thumb = body.get("thumb", "")
    if body.keys() != {"thumb"} or thumb not in (*THUMBS, None):
        raise WireError("thumb must be up, down or null.")
    return cast("Thumb | None", thumb)


def _change(changes: Mapping[str, Any]) -> ConversationChange:
    """What a program asks to change about a conversation.

    Raises:
        WireError: an unknown field or a wrong value.
    """
    known = [field.name for field in fields(ConversationChange)]
    hint = f"Known: {', '.join(known)}; mode is one of {', '.join(PrivacyMode)}."
    if not changes.keys() <= set(known) or None in changes.values():
        raise WireError("There is a field that cannot be set so.", hint)
    try:
        return msgspec.convert(changes, ConversationChange)
    except msgspec.ValidationError as error:
        raise WireError(f"{error}.", hint) from None


def _json(value: Any) -> Response:
    return Response(dump(value), media_type="application/json")
