"""The least that a proxy does: ``python -m tests.bench.bare_proxy PORT UPSTREAM_PORT``.

Starlette takes the request, httpx hands it on, and what comes back passes as it is.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route


def app(upstream: str) -> Starlette:
    """The proxy in front of ``upstream``."""
    client = httpx.AsyncClient(base_url=upstream, trust_env=False, timeout=60)

    async def passes(request: Request) -> StreamingResponse:
        body = await request.body()
        headers = {"content-type": "application/json"}
        asked = client.build_request("POST", request.url.path, content=body, headers=headers)
        answer = await client.send(asked, stream=True)

        async def pieces() -> AsyncIterator[bytes]:
            async for piece in answer.aiter_raw():
                yield piece
            await answer.aclose()

        return StreamingResponse(
            pieces(), answer.status_code, media_type=answer.headers["content-type"]
        )

    return Starlette(routes=[Route("/v1/chat/completions", passes, methods=["POST"])])


if __name__ == "__main__":
    print("ready", flush=True)  # noqa: T201 - whoever started it waits for this
    uvicorn.run(
        app(f"http://127.0.0.1:{sys.argv[2]}"),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="critical",
        access_log=False,
        http="h11",
        loop="asyncio",
    )
