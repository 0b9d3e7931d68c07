"""Bodies that do not follow a wire format, and errors inside answers that said success."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeroute.core.errors import EdgeRouteError


class WireError(EdgeRouteError):
    """Bytes or a body that do not follow the wire format.

    From a caller it is a bad request, from a provider an answer that cannot be used.
    """

    exit_code = 2
    http_status = 400
    code = "invalid_request"


class WireFault(Exception):
    """A provider reports an error inside an answer whose status said success.

    ``body`` is the provider's own object, ``message`` its sentence: hostile text that may
    quote the prompt.
    """

    def __init__(self, body: Mapping[str, Any], message: str) -> None:
        super().__init__(message)
        self.body = body
        self.message = message
