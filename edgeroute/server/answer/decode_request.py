"""A caller's body as a request, without the fields that would decide where it goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from edgeroute.core.request import ChatRequest
from edgeroute.server import headers as own_headers
from edgeroute.wire.format import CallerFormat
from edgeroute.wire.formats import IMAGES

# Other gateways and SDKs let a body name an address, a key, headers, files or other receivers.
# Here the settings alone decide, so these are dropped at the door and never reach a provider.
_STEERING: Final = re.compile(
    r"(?i)("
    r"(api|azure|aws|vertex|watsonx|openai|litellm|langfuse|custom)_\w*"
    r"|(\w*_)?(base_?url|endpoint|headers?|api_?key|authorization|token|proxy|proxies|callbacks?)"
    r"|baseURL|apiKey|base|organization|project|region|timeout|max_retries|http_client|client"
    r"|extra_\w+|default_\w+|(\w*_)?fallbacks?|models?_list|models|provider|providers|route|router"
    r"|transforms|plugins|guardrails|webhook\w*|callback\w*|mock_\w+|(file|credentials)_?(path|paths)"
    r"|deployment\w*|background|container|mcp_servers|context_management"
    r")"
)


def request_of(
    body: Mapping[str, Any], headers: Mapping[str, str], form: CallerFormat
) -> ChatRequest:
    """What the caller asks. Only the format for pictures can take one as the answer.

    Raises:
        WireError: the body is not of the caller's format.
        HttpRefusal: a header of ours means nothing.
    """
    kept = {
        name: value
        for name, value in body.items()
        if not _STEERING.fullmatch(name) or (form is IMAGES and name == "background")
    }
    request = own_headers.apply(form.decode_request(kept), headers)
    if form is IMAGES:
        return replace(request, task="image")
    return replace(request, pictures="no")
