"""``/openapi.json``: the endpoint as machines read it, from its own routes and formats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgeroute import __version__, datafile
from edgeroute.server.headers import CHOICES, REQUEST_HEADERS, RESPONSE_HEADERS
from edgeroute.server.http_refusal import CALLERS, OLLAMA, PREFIX, format_at
from edgeroute.wire import ollama

PATH: Final = "/openapi.json"
_PARAMETER: Final = re.compile(r"\{(\w+)(?::\w+)?\}")
_ERRORS: Final = {"anthropic-messages": "AnthropicError", "ollama-chat": "OllamaError"}
_FORMS: Final = {
    **{PREFIX + form.path: form for form in CALLERS},
    **{OLLAMA + form.path: form for form in (ollama.CHAT, ollama.GENERATE)},
}
_SECURITY: Final = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "api-key": {"type": "apiKey", "in": "header", "name": "api-key"},
}


class Described(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What rules/tables/openapi.yaml says of one operation, and what its fields mean."""

    summary: str
    body: str = ""
    answer: str = ""
    media: str = "application/json"
    asks: bool = False
    query: dict[str, Any] = {}


class EndpointTable(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Operations by method and path, and JSON schemas by name."""

    operations: dict[str, Described]
    schemas: dict[str, Any]


def table() -> EndpointTable:
    """What is said of each route."""
    return datafile.table("openapi", EndpointTable)


def route(described: Iterable[Route]) -> Route:
    """The route that answers with the document of all ``described`` routes and of itself."""

    async def openapi(_: Request) -> Response:
        return JSONResponse(document([*described, made]))

    made = Route(PATH, openapi, methods=["GET"])
    return made


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The OpenAPI document of ``routes``."""
    told = table()
    known = {operation.partition(" ")[2] for operation in told.operations}
    paths: dict[str, dict[str, Any]] = {}
    for one in routes:
        path = _PARAMETER.sub(r"{\1}", one.path)
        if path not in known and PREFIX + path in known:
            paths[path] = {"$ref": _pointer(PREFIX + path)}
            continue
        item = paths.setdefault(path, _parameters(path))
        for method in sorted((one.methods or set()) - {"HEAD"}):
            item[method.lower()] = _operation(path, told.operations[f"{method} {path}"])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "EdgeRoute",
            "version": __version__,
            "description": "What OpenAI's, Anthropic's and Ollama's clients ask, answered where it"
            " may be and is best. /v1 may be left away. HEAD is taken wherever GET is.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{name: []} for name in _SECURITY],
        "paths": paths,
        "components": {"securitySchemes": _SECURITY, "schemas": told.schemas},
    }


def _pointer(path: str) -> str:
    return "#/paths/" + quote(path.replace("~", "~0").replace("/", "~1"))


def _parameters(path: str) -> dict[str, Any]:
    names = _PARAMETER.findall(path)
    if not names:
        return {}
    told = {"in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    return {"parameters": [{"name": name} | told for name in names]}


def _operation(path: str, described: Described) -> dict[str, Any]:
    form = format_at(path)
    error = {"application/json": _schema(_ERRORS.get(form.name, "Error"))}
    answers = {described.media: _schema(described.answer) if described.answer else {}}
    asked = _FORMS.get(path)
    if (asked is not None and asked.encoder is not None) or "stream" in described.query:
        answers[form.media_type.partition(";")[0]] = {}
    headers = _answer_headers(form.request_id, asks=asked is not None)
    made: dict[str, Any] = {
        "summary": described.summary,
        "responses": {
            "200": {"description": "The answer", "content": answers, "headers": headers},
            "4XX": {"description": "The request must be changed", "content": error},
            "5XX": {"description": "Nothing could answer", "content": error},
        },
    }
    if described.body:
        body = {"application/json": _schema(described.body)}
        made["requestBody"] = {"required": True, "content": body}
    queries = [{"name": n, "in": "query", "schema": s} for n, s in described.query.items()]
    if parameters := [*queries, *(_request_headers() if described.asks else ())]:
        made["parameters"] = parameters
    return made


def _schema(name: str) -> Mapping[str, Any]:
    return {"schema": {"$ref": f"#/components/schemas/{name}"}}


def _request_headers() -> Iterator[dict[str, Any]]:
    for name in REQUEST_HEADERS:
        values = CHOICES.get(name)
        schema = {"type": "string"} | ({"enum": ["", *values]} if values else {})
        if name.endswith("conversation"):
            schema["pattern"] = "^[A-Za-z0-9_.:-]{0,128}$"
        yield {"name": name, "in": "header", "schema": schema}


def _answer_headers(request_id: str, *, asks: bool) -> dict[str, Any]:
    told = {"schema": {"type": "string"}}
    own = [name.decode() for name in RESPONSE_HEADERS] if asks else []
    return dict.fromkeys((request_id, *own), told)
