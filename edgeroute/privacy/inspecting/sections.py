"""A request, or a body, in sections that are remembered as wholes: each message as far as the
conversation goes, each message and tool of a body, what stands beside them. Of a resent history
only what is new is cut into texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import Verdict
from edgeroute.privacy.inspecting.folders import Folders
from edgeroute.privacy.inspecting.json_texts import KeyValues, body_parts, parse, texts
from edgeroute.privacy.inspecting.media import is_medium, without_cleared
from edgeroute.privacy.inspecting.passages import (
    ANYWHERE,
    Contents,
    Passage,
    message_contents,
    settings_contents,
    source_contents,
)
from edgeroute.privacy.inspecting.verdict_cache import (
    Whole,
    beginnings,
    whole_digest,
    written_digest,
)

Known = Callable[[Sequence[bytes]], Sequence[Whole | None]]
T = TypeVar("T")
_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder()
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])


class Section(NamedTuple):
    """Some contents, and what they are remembered by as a whole; empty where they are not.

    One that ``goes_on`` is remembered together with those before it that do.
    """

    key: bytes
    contents: Contents
    goes_on: bool = False


class Partition(NamedTuple):
    """What is ``known``, and the sections that are not. Those that go on follow ``beginning``, if
    that is known.
    """

    known: list[Whole]
    sections: list[Section]
    beginning: Whole | None = None


class Begun(NamedTuple):
    """A request whose texts are not all known yet, unless there is a ``verdict``.

    ``closed`` says why it is private whatever they hold; empty where nothing does.
    """

    version: str
    found: Partition
    full: bool
    verdict: Verdict | None
    closed: str = ""


def of_request(request: ChatRequest, folders: Folders, known: Known) -> Partition:
    """What is to be read of ``request``.

    With labelled folders a message is read anew each time: a later one may say what it is.

    Raises:
        ValueError: a schema or an argument is nested too deeply.
    """
    found = Partition([], [])
    for key, part in _unknown("source", body_parts(request.source or {}), known, found):
        found.sections.append(Section(key, source_contents(part)))
    keys = [] if folders else beginnings(request.messages)
    start, beginning = _longest(keys, known)
    if beginning is not None:
        found.known.append(beginning)
    for number, own in enumerate(message_contents(request.messages, folders, start), start):
        found.sections.append(Section(keys[number] if keys else b"", own, goes_on=True))
    for key, _ in _unknown("settings", [_beside(request)], known, found):
        found.sections.append(Section(key, settings_contents(request)))
    return found._replace(beginning=beginning)


def of_body(data: bytes, known: Known, cleared: Callable[[bytes], bool]) -> Partition:
    """What is to be read of the bytes of a body.

    Raises:
        ValueError: it is not JSON, or nested too deeply.
        Uncleared: it holds media that were not ``cleared``.
    """
    found = Partition([], [])
    written = _written_parts(data)
    keys = [*map(written_digest, written)]
    for one, key, whole in zip(written, keys, known(keys), strict=True):
        if whole is not None:
            found.known.append(whole)
            continue
        part = _as_it_stands(one)
        if part is None:
            written = []
            break
        found.sections.append(Section(key, _from_anywhere(without_cleared(part, cleared))))
    if written:
        return found
    body = without_cleared(parse(data.decode("utf-8")), cleared)
    parts = body_parts(body) if isinstance(body, KeyValues) else [body]
    return Partition([], [Section(b"", _from_anywhere(part)) for part in parts])


def _unknown(
    kind: str, values: Iterable[T], known: Known, found: Partition
) -> Iterator[tuple[bytes, T]]:
    """Those ``values`` that are not known, with their digests; what is known goes to ``found``."""
    values = [*values]
    keys = [whole_digest((kind, value)) for value in values]
    for key, value, whole in zip(keys, values, known(keys), strict=True):
        if whole is None:
            yield key, value
        else:
            found.known.append(whole)


def _longest(keys: list[bytes], known: Known) -> tuple[int, Whole | None]:
    """How many messages the longest known beginning has, and what is known of it."""
    for number in range(len(keys), 0, -1):
        whole = known(keys[number - 1 : number])[0]
        if whole is not None:
            return number, whole
    return 0, None


def _beside(request: ChatRequest) -> tuple[object, ...]:
    """All that ``settings_contents`` reads."""
    return (
        request.tools,
        (request.response_format, request.response_format_name),
        request.extra,
        request.headers,
        (request.model, request.tool_choice, request.sampling.stop, request.reasoning_effort),
        (request.wire, request.task, request.user, request.client_name),
    )


def _from_anywhere(value: Any) -> Contents:
    return Contents([Passage("", ANYWHERE, text) for text in texts(value) if text.strip()])


def _written_parts(data: bytes) -> list[bytes]:
    """``body_parts`` of the body in ``data`` as they are written in it, each as what is encoded of
    it for its digest; nothing where anything stands between them, a key comes twice, or the body
    says that it is a medium.

    No part is read for that: what was read before is known by its bytes.
    """
    rest: list[bytes] = []
    parts: list[bytes] = []
    again: list[bytes] = []
    try:
        for name, value in _FIELDS.decode(data).items():
            key, raw = _ENCODER.encode(name), bytes(value)
            again.append(b"%b:%b" % (key, raw))
            if name == "type" and is_medium(str(_DECODER.decode(raw))):
                return []
            if not raw.startswith(b"["):
                rest.append(b"[%b,%b]" % (key, raw))
                continue
            rest.append(b"[%b,null]" % key)
            items = _ITEMS.decode(raw)
            if b"[%b]" % b",".join(items) != raw:
                return []
            parts += [b'["body",[[%b,%b]]]' % (key, item) for item in items]
    except (ValueError, RecursionError):
        return []
    if b"{%b}" % b",".join(again) != data:
        return []
    if rest:
        parts.append(b'["body",[%b]]' % b",".join(rest))
    return parts


def _as_it_stands(written: bytes) -> KeyValues | None:
    """The part of a body that is ``written`` so, where nothing is hidden in how: it is what our own
    encoder makes of it, so that no key comes twice.
    """
    try:
        kind, pairs = _DECODER.decode(written)
        part = KeyValues((key, value) for key, value in pairs)
        if _ENCODER.encode((kind, part)) != written:
            return None
    except (ValueError, RecursionError):
        return None
    return part
