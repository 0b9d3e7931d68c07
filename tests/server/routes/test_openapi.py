"""The endpoint as machines read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from edgeroute.server.context import ServerContext
from edgeroute.server.serve import routes
from tests.support.bodies import BODIES
from tests.support.endpoint import Endpoint, runtime

NEEDED = {"openapi", "info", "paths", "components", "security"}


@pytest.fixture
def document(endpoint: Endpoint) -> dict[str, Any]:
    """The document as it is served."""
    status, _, data = endpoint.ask("GET", "/openapi.json")
    assert status == 200
    found: dict[str, Any] = json.loads(data)
    return found


def resolved(document: dict[str, Any], path: str) -> dict[str, Any]:
    """What stands at a path, which may point to another."""
    item: dict[str, Any] = document["paths"][path]
    while "$ref" in item:
        item = document["paths"][
            item["$ref"].removeprefix("#/paths/").replace("~1", "/").replace("%7B", "{")
            .replace("%7D", "}")
        ]  # fmt: skip
    return item


def test_every_route_is_in_it(document: dict[str, Any]) -> None:
    """With each of its methods, and nothing else is."""
    wanted = {
        (method.lower(), route.path.replace(":path}", "}"))
        for route in routes(ServerContext(runtime(Path("x"))))
        for method in (route.methods or set()) - {"HEAD"}
    }
    told = {
        (method, path)
        for path in document["paths"]
        for method in resolved(document, path)
        if method != "parameters"
    }
    assert told == wanted


def test_it_is_a_document_of_its_kind(document: dict[str, Any]) -> None:
    """Every reference leads to a schema, every schema is one and used, every answer is told."""
    assert document.keys() == NEEDED
    assert document["openapi"] == "3.1.0"
    text = json.dumps(document)
    for name, schema in document["components"]["schemas"].items():
        jsonschema_rs.meta.validate(schema)
        assert f'"#/components/schemas/{name}"' in text, name
    for path in document["paths"]:
        item = resolved(document, path)
        for method in item.keys() - {"parameters"}:
            assert item[method]["responses"].keys() == {"200", "4XX", "5XX"}
            assert item[method]["summary"]
        names = {each["name"] for each in item.get("parameters", ())}
        assert names == {part[1:-1] for part in path.split("/") if part.startswith("{")}
    schemes = document["components"]["securitySchemes"]
    assert [[*each] for each in document["security"]] == [[name] for name in schemes]


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_valid_bodies_are_valid_by_it(document: dict[str, Any], method: str, path: str) -> None:
    """What the routes take is what the document says that they take."""
    item = resolved(document, path.replace("/r1/", "/{id}/").replace("/c1", "/{id}"))
    (content,) = item[method.lower()]["requestBody"]["content"].values()
    schema = {**content["schema"], "components": document["components"]}
    jsonschema_rs.validate(schema, BODIES[method, path])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/models", None),
        ("/v1/models?client_version=1", None),
        ("/v1/chat/completions", {"messages": 5}),
        ("/v1/messages", {"messages": 5}),
        ("/api/chat", {"messages": 5}),
        ("/api/tags", None),
        ("/api/ps", None),
        ("/health", None),
    ],
)
def test_answers_and_errors_are_as_it_says(
    endpoint: Endpoint, document: dict[str, Any], path: str, body: Any
) -> None:
    """Each in the shape of its clients."""
    method = "GET" if body is None else "POST"
    status, headers, data = endpoint.ask(method, path, body)
    told = resolved(document, path.partition("?")[0])[method.lower()]["responses"][
        "200" if status == 200 else "4XX"
    ]
    schema = {
        **told["content"]["application/json"]["schema"],
        "components": document["components"],
    }
    jsonschema_rs.validate(schema, json.loads(data))
    assert status == (200 if body is None else 400)
    assert headers.keys() >= {*told.get("headers", ())}
