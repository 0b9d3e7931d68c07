"""The endpoint as one ASGI application: the guard, and behind it the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from edgeroute.server.access.guard import Guard, Rules
from edgeroute.server.context import ServerContext
from edgeroute.server.routes import completions, edgeroute_api, embeddings, models_and_health

if TYPE_CHECKING:
    from starlette.routing import BaseRoute


def routes(context: ServerContext) -> list[BaseRoute]:
    """Every route there is."""
    pages = (completions, models_and_health, embeddings, edgeroute_api)
    return [route for page in pages for route in page.routes(context)]


def build(context: ServerContext, rules: Rules) -> Guard:
    """The application. Nothing is reachable around the guard."""
    router = Router(routes(context), redirect_slashes=False)

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        # With an app in its scope the router raises for unknown routes instead of answering.
        await router({**scope, "app": router}, receive, send)

    return Guard(inside, rules)
