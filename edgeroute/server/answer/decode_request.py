"""A caller's body as a request, without the fields that would decide where it goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from edgeroute.core.request import ChatRequest
from edgeroute.server import headers as own_headers
from edgeroute.wire.format import CallerFormat
from edgeroute.wire.formats import IMAGES
from edgeroute.word_lists import one_of


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
        if not _steering().fullmatch(name) or (form is IMAGES and name == "background")
    }
    request = own_headers.apply(form.decode_request(kept), headers)
    if form is IMAGES:
        return replace(request, task="image")
    return replace(request, pictures="no")


@cache
def _steering() -> re.Pattern[str]:
    """The fields by which other gateways and SDKs let a body name an address, a key, headers, files
    or other receivers. Here the settings alone decide, so none of them reaches a provider.
    """
    fields, endings = one_of("steering.fields"), one_of("steering.endings")
    return re.compile(rf"{fields}|(?:\w*_)?{endings}", re.IGNORECASE)
