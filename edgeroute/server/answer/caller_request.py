"""A caller's body, read within limits, as a request without what decides where it goes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from starlette.types import Message, Receive

from edgeroute.agent_marks import introducing_headers
from edgeroute.core.request import ChatRequest
from edgeroute.server import headers as own_headers
from edgeroute.server.http_refusal import HttpRefusal
from edgeroute.wire.format import CallerFormat
from edgeroute.wire.formats import IMAGES, PASSING
from edgeroute.wire.json_data import flag
from edgeroute.word_lists import one_of, word_set

_INTRODUCTION: Final = 4_000  # characters of one header
_NAME: Final = re.compile(r"[A-Za-z_.]{1,40}")
_MOST_NAMED: Final = 20
_HEADER: Final = re.compile(r"[\w.,=: -]{1,1000}", re.ASCII)


def request_of(
    body: Mapping[str, Any], headers: Mapping[str, str], form: CallerFormat
) -> ChatRequest:
    """What the caller asks. Only the format for pictures can take one as the answer.

    Raises:
        WireError: the body is not of the caller's format.
        HttpRefusal: a header of ours means nothing.
    """
    flag(body.get("stream"), "stream")
    kept = {name: value for name, value in body.items() if _kept(name, form)}
    _forget_user(kept)
    request = own_headers.apply(form.decode_request(kept), headers)
    introduction = _introduction(headers)
    if form is IMAGES:
        return replace(request, introduction=introduction, task="image")
    own = form.name in PASSING
    return replace(
        request,
        introduction=introduction,
        source=kept if own else request.source,
        headers=_of_wire(form, headers) if own else request.headers,
        pictures="no",
    )


def ignored(body: Mapping[str, Any], form: CallerFormat) -> tuple[str, ...]:
    """The fields and options of ``body`` that are neither read here nor handed on, as far as they
    can be names.
    """
    names = [*form.ignored(body)]
    names += [name for name, value in body.items() if value and not _kept(name, form)]
    names += [name for name in word_set("steering.identity") if body.get(name)]
    metadata = body.get("metadata")
    if isinstance(metadata, Mapping) and metadata.get("user_id"):
        names.append("metadata.user_id")
    return tuple(name for name in dict.fromkeys(names) if _NAME.fullmatch(name))[:_MOST_NAMED]


def _kept(name: str, form: CallerFormat) -> bool:
    return not _steering().fullmatch(name) or (form is IMAGES and name == "background")


def _forget_user(body: dict[str, Any]) -> None:
    """Leave out by which a client's makers know a person's account, machine and session.

    A field ``user`` says here whose spending it is, and never goes out.
    """
    for name in word_set("steering.identity"):
        body.pop(name, None)
    metadata = body.get("metadata")
    if isinstance(metadata, Mapping) and "user_id" in metadata:
        rest = {key: value for key, value in metadata.items() if key != "user_id"}
        body |= {"metadata": rest}
        if not rest:
            del body["metadata"]


def _of_wire(form: CallerFormat, headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers that belong to the caller's wire format, such as those of beta features."""
    found: dict[str, list[str]] = {}
    for name, value in headers.items():
        if name.lower() in form.headers and _HEADER.fullmatch(value):
            found.setdefault(name.lower(), []).append(value)
    return {name: ",".join(values) for name, values in found.items()}


def _introduction(headers: Mapping[str, str]) -> Mapping[str, str]:
    """What the headers tell of the program that asks. It decides a route and goes no further."""
    return {
        name: value[:_INTRODUCTION]
        for name in introducing_headers()
        if (value := headers.get(name)) is not None
    }


@cache
def _steering() -> re.Pattern[str]:
    """The fields by which other gateways and SDKs let a body name an address, a key, headers, files
    or other receivers. Here the settings alone decide, so none of them reaches a provider.
    """
    fields, endings = one_of("steering.fields"), one_of("steering.endings")
    return re.compile(rf"{fields}|(?:\w*_)?{endings}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """Bytes of a body, and seconds: between two pieces of it and for the whole."""

    max_bytes: int = 32 * 1024 * 1024
    gap_seconds: float = 10.0
    whole_seconds: float = 60.0

    def too_large(self) -> HttpRefusal:
        """The refusal of a body beyond the limit."""
        megabytes = self.max_bytes // (1024 * 1024)
        return HttpRefusal(413, "too_large", f"The body is larger than {megabytes} MiB.")


async def read_body(receive: Receive, limits: BodyLimits) -> bytes:
    """The whole body, counted as it comes, whatever length was announced.

    Raises:
        HttpRefusal: too large, too slow, or the caller went away.
    """
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.whole_seconds):
            while True:
                message = await asyncio.wait_for(receive(), limits.gap_seconds)
                if message["type"] != "http.request":
                    raise HttpRefusal(400, "incomplete", "The body broke off.")
                piece = message.get("body", b"")
                size += len(piece)
                if size > limits.max_bytes:
                    raise limits.too_large()
                pieces.append(piece)
                if not message.get("more_body"):
                    return b"".join(pieces)
    except TimeoutError:
        raise HttpRefusal(408, "too_slow", "The body came too slowly.") from None


def replay(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives ``body`` in one piece and then whatever follows it."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
