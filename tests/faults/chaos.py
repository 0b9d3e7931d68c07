"""The provider's side of the chaos matrix: everything that can go wrong with one answer.

Each trouble says what EdgeRoute is to make of it:

``whole``    the answer counts all the same
``down``     nothing was shown yet: the next model is asked
``cut``      words were shown: the end with ``first_token``, the next model with ``complete``
``refused``  the prompt itself is at fault: the end, and nobody else is asked
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final, Literal

import msgspec

from edgeroute.providers.resilience.resilience import load_resilience
from tests.support import replies
from tests.support.scripted_provider import Close, Reply, Reset, Send, Sleep, Step

Meaning = Literal["whole", "down", "cut", "refused"]

WORDS: Final = [f"word{n} " for n in range(8)]
TEXT: Final = "".join(WORDS)
FOREVER: Final = 30.0
_CHAT: Final = replies.chat_events(WORDS)
_BASE: Final = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "scripted"}


@dataclass(frozen=True)
class Trouble:
    """One cell's fault. ``text`` is what counts as the answer, or what may have been shown of it
    at most; ``again`` says whether the same model may be asked once more.
    """

    phase: str
    name: str
    reply: Reply = field(repr=False)
    meaning: Meaning
    text: str = TEXT
    again: bool = True

    def __str__(self) -> str:
        return f"{self.phase}: {self.name}"


def limits() -> str:
    """The packaged resilience.yaml with short waits; YAML reads JSON."""
    numbers: dict[str, dict[str, Any]] = msgspec.to_builtins(load_resilience())
    numbers["retry"] |= {"pause_from": 0.01, "pause_to": 0.02, "longest_wait": 0.2}
    numbers["patience"] |= {"first_token": 1.0, "first_token_silent": 1.0, "gap": 0.6, "total": 5}
    return json.dumps(numbers)


def _of(delta: Mapping[str, Any], finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return replies.event({**_BASE, **more, "choices": [choice]})


def _usage(**counts: Any) -> bytes:
    return replies.event({**_BASE, "choices": [], "usage": replies.chat_usage(8) | counts})


def _with(number: int, *instead: bytes | Step) -> list[bytes | Step]:
    """The stream with its event ``number`` replaced by others."""
    return [*_CHAT[:number], *instead, *_CHAT[number + 1 :]]


def _ending(*events: bytes) -> Reply:
    """All words, and then ``events`` instead of the usual end."""
    return replies.stream([*_CHAT[: 1 + len(WORDS)], *events])


def _every(seconds: float, data: bytes) -> list[bytes | Step]:
    return [item for _ in range(int(FOREVER / seconds)) for item in (Sleep(seconds), data)]


def _error_event() -> bytes:
    error = {"message": "x", "type": "server_error", "code": "server_error"}
    return replies.event({"error": error})


def _headers() -> Sequence[Trouble]:
    ok = replies.head(200, {"transfer-encoding": "chunked"}, content_type="text/event-stream")
    byte_by_byte = [step for byte in ok for step in (Send(bytes([byte])), Sleep(0.1))]
    many = {f"x-{number}": "y" for number in range(500)}
    flood = [item for _ in range(500) for item in (Send(b"HTTP/1.1 102 P\r\n\r\n"), Sleep(0.05))]
    error = {"error": {"message": "x", "type": "server_error", "code": "server_error"}}
    cells: dict[str, tuple[Reply, bool]] = {
        "none": ([Sleep(FOREVER), Close()], False),
        "closed before": ([Close()], True),
        "reset before": ([Reset()], True),
        "a byte at a time": (byte_by_byte, False),
        "one of a megabyte": ([Send(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1_000_000), Close()], True),
        "five hundred": ([Send(replies.head(200, many)), Close()], False),
        "not HTTP": ([Send(b"SSH-2.0-OpenSSH_9.2\r\n"), Close()], True),
        "another content type": (replies.whole(b"hello", content_type="text/css"), False),
        "plain text": (replies.whole(b"hello", content_type="text/plain"), True),
        "a captive portal": (replies.whole(b"<html>", content_type="text/html"), False),
        "an error in a 200": (replies.json_body(error), True),
        "JSON of another kind": (replies.json_body({"hello": "world"}), True),
        "no JSON at all": (replies.whole(b"{not json"), True),
        "a redirect": (replies.json_body({}, 307, {"location": "http://127.0.0.1:9/v1"}), False),
        "interim answers for ever": (flood, False),
        "gzip": (replies.whole(b"\x1f\x8b" * 9, headers={"content-encoding": "gzip"}), False),
        "brotli": (replies.whole(b"x" * 9, headers={"content-encoding": "br"}), False),
    }
    return [Trouble("headers", name, reply, "down", again=a) for name, (reply, a) in cells.items()]


def _statuses() -> Sequence[Trouble]:
    once = {401, 402, 403, 404, 501}
    down = [401, 402, 403, 404, 408, 499, 500, 501, 502, 503, 504, 520, 524, 529]
    cells = [
        Trouble("status", str(code), replies.error(code, kind=""), "down", again=code not in once)
        for code in down
    ]
    cells += [
        Trouble("status", str(code), replies.error(code, kind=""), "refused", again=False)
        for code in (400, 409, 413, 418, 422)
    ]
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    waits = {"": "no time", "0": "at once", "999": "long", later: "a date", "1e99": "absurd"}
    waits |= {"-5": "negative", "soon": "no number"}
    return [
        *cells,
        *(
            Trouble(
                "status", f"429, {what}", replies.error(429, headers={"retry-after": wait}), "down"
            )
            for wait, what in waits.items()
        ),
    ]


def _before_first_token() -> Sequence[Trouble]:
    cells: dict[str, tuple[Reply, bool]] = {
        "silence": (replies.cut_stream([Sleep(FOREVER)]), False),
        "comments only": (replies.stream(_every(0.1, b": ping\n\n")), False),
        "empty deltas": (replies.stream(_every(0.1, _of({"content": ""}))), False),
        "a role and no more": (replies.cut_stream([_CHAT[0]]), True),
        "an error event": (replies.stream([_CHAT[0], _error_event()]), True),
        "nothing but an end": (replies.stream([_CHAT[0], _of({}, "stop"), replies.DONE]), False),
        "an empty body": (replies.stream([]), True),
    }
    return [
        Trouble("before first token", name, reply, "down", again=a)
        for name, (reply, a) in cells.items()
    ]


def _mid_stream() -> Sequence[Trouble]:
    cut = _CHAT[:5]
    tool = {"index": 0, "id": "t", "type": "function", "function": {"name": "f", "arguments": "{"}}
    split = _of({"content": "\u00e9"}).replace(b"\\u00e9", b"\xc3\xa9")
    at = split.index(b"\xc3") + 1
    down: dict[str, Reply] = {
        "closed": replies.cut_stream(cut),
        "closed, unframed": replies.cut_stream(cut, framed=False),
        "reset": [*replies.cut_stream(cut)[:-1], Reset()],
        "stall": replies.cut_stream([*cut, Sleep(FOREVER)]),
        "comments for ever": replies.stream([*cut, *_every(0.1, b": ping\n\n")]),
        "bad UTF-8": replies.stream(_with(4, b'data: {"choices":[{"delta":{"content":"\xff\xfe')),
        "half JSON": replies.stream(_with(4, _CHAT[4][:40] + b"\n\n")),
        "glued events": replies.stream(_with(4, _CHAT[4].rstrip() + _CHAT[5])),
        "an error event": replies.stream(_with(4, _error_event())),
        "a line of ten megabytes": replies.stream(_with(4, b"data: " + b"x" * 10_000_000)),
        "bad chunk framing": [*replies.cut_stream(cut)[:-1], Send(b"zz\r\nword"), Close()],
        "a tool call that never ends": replies.cut_stream([_CHAT[0], _of({"tool_calls": [tool]})]),
    }
    # Arguments are the model's own words: whoever runs the tool must check them anyway.
    broken_call = [_CHAT[0], _of({"tool_calls": [tool]}), _of({}, "tool_calls"), replies.DONE]
    whole: dict[str, tuple[Reply, str]] = {
        "an unknown event": (
            replies.stream(_with(4, replies.event({"x": 1}, "new"), _CHAT[4])),
            "",
        ),
        "comments": (replies.stream(_with(4, b": ping\n\n", _CHAT[4])), ""),
        "another id": (replies.stream(_with(4, _of({"content": WORDS[3]}, id="other"))), ""),
        "a character in two chunks": (
            replies.stream(_with(4, split[:at], split[at:])),
            TEXT.replace(WORDS[3], "\u00e9"),
        ),
        "events in three lines": (
            replies.stream(_with(4, *(bytes([byte]) for byte in _CHAT[4]))),
            "",
        ),
        "a delta twice": (
            replies.stream(_with(4, _CHAT[4], _CHAT[4])),
            TEXT.replace(WORDS[3], WORDS[3] * 2),
        ),
    }
    return [
        *(Trouble("mid-stream", name, reply, "cut") for name, reply in down.items()),
        *(
            Trouble("mid-stream", name, reply, "whole", text or TEXT)
            for name, (reply, text) in whole.items()
        ),
        Trouble(
            "mid-stream", "a tool call without sense", replies.stream(broken_call), "whole", ""
        ),
    ]


def _end() -> Sequence[Trouble]:
    stop, usage, done = _of({}, "stop"), _usage(), replies.DONE
    whole: dict[str, Reply] = {
        "no [DONE]": _ending(stop, usage),
        "[DONE] twice": _ending(stop, usage, done, done),
        "data after [DONE]": _ending(stop, usage, done, _of({"content": "more"})),
        "no usage": _ending(stop, done),
        "no reason, no usage, [DONE]": _ending(done),
        "usage twice": _ending(stop, usage, usage, done),
        "usage below zero": _ending(stop, _usage(prompt_tokens=-5, completion_tokens=-1), done),
        "usage beyond measure": _ending(stop, _usage(prompt_tokens=10**30), done),
        "usage that is no number": _ending(stop, _usage(prompt_tokens="many"), done),
        "filtered at the end": _ending(_of({}, "content_filter"), usage, done),
        "cut at its length": _ending(_of({}, "length"), usage, done),
        "a reason that nobody knows": _ending(_of({}, "because"), usage, done),
        "no last chunk": [*_ending(stop, usage, done)[:-1], Close()],
        "silence after the end": [*_ending(stop, usage, done)[:-1], Sleep(FOREVER)],
        "reset after the end": [*_ending(stop, usage, done)[:-1], Reset()],
    }
    empty = replies.stream([_CHAT[0], _of({}, "content_filter"), done])
    return [
        *(Trouble("end", name, reply, "whole") for name, reply in whole.items()),
        Trouble(
            "end", "length, without text", replies.stream([_of({}, "length"), done]), "whole", ""
        ),
        Trouble("end", "filtered, without text", empty, "refused", again=False),
    ]


TROUBLES: Final = [
    *_headers(), *_statuses(), *_before_first_token(), *_mid_stream(), *_end()
]  # fmt: skip
