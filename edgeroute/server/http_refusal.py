"""What the endpoint refuses by itself, and how every error is written in a caller's own format."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable
from typing import Final

from starlette.responses import Response

from edgeroute.core.errors import EdgeRouteError, Rejection
from edgeroute.wire import legacy_completions, ollama
from edgeroute.wire.format import CallerFormat
from edgeroute.wire.formats import FORMATS, WIRES
from edgeroute.wire.json_data import dump

PREFIX: Final = "/v1"
OLLAMA: Final = "/api"
RECEIPT: Final = "X-EdgeRoute-Receipt"
CALLERS: Final[tuple[CallerFormat, ...]] = (*WIRES.values(), legacy_completions.FORMAT)
_PLAIN: Final = FORMATS["openai-chat"]
# Anthropic's library waits for as long as it is told, without a word to whoever asked.
_LONGEST_WAIT: Final = 300.0


class HttpRefusal(EdgeRouteError):
    """A request that the endpoint answers with ``status`` and a sentence."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        hint: str = "",
        *,
        parameter: str = "",
        retry_after: float | None = None,
    ) -> None:
        told = Rejection(status, code, parameter, retry_after)
        super().__init__(message, hint, rejection=told)


def format_at(path: str) -> CallerFormat:
    """What callers of ``path`` speak; ``/v1`` may be left away."""
    if path.startswith(OLLAMA):
        return ollama.CHAT
    short = path.removeprefix(PREFIX)
    return next((each for each in CALLERS if short.startswith(each.path)), _PLAIN)


def request_name(receipt: str) -> str:
    """What clients call a request: by its ``receipt`` if it has one."""
    return f"req_{receipt or secrets.token_hex(12)}"


def as_response(
    error: EdgeRouteError, path: str, headers: Iterable[tuple[str, str]] = ()
) -> Response:
    """``error`` as the answer to a request for ``path``, in the format of its callers."""
    form, told = format_at(path), error.rejection
    more = {**dict(headers), **_again(told)}
    name = more[form.request_id] = request_name(more.get(RECEIPT, ""))
    body = dump(form.encode_error(error, name))
    return Response(body, told.status, more, media_type="application/json")


def _again(told: Rejection) -> dict[str, str]:
    """When a client may try again, or that it need not: official ones heed both."""
    if told.lasts:
        return {"x-should-retry": "false"}
    if told.retry_after is None:
        return {}
    after = {"Retry-After": str(max(1, math.ceil(told.retry_after)))}
    return after | {"x-should-retry": "false"} if told.retry_after > _LONGEST_WAIT else after
