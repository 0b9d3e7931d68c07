"""The sixteen faults of the public Failover Bench catalogue (methodology 0.1) as scripts.

Each is a behaviour of the primary provider; ``fallback`` is that of the second one, which answers
well unless it is part of the fault. ``speed`` shortens every wait: at 0.1 a silence of 120 s takes
12 s, for suites that shorten EdgeRoute's own limits by the same factor.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.support import replies
from tests.support.scripted_provider import (
    Behaviour,
    Close,
    Received,
    Reply,
    Reset,
    Send,
    Sleep,
    Step,
)

ANSWER: Final = " ".join(f"word{n}" for n in range(60))
FALLBACK_ANSWER: Final = " ".join(f"other{n}" for n in range(20))


@dataclass(frozen=True)
class Fault:
    """One fault: what it is, and how the primary and the fallback behave.

    ``rescuable`` says whether another model could still answer after it; S12 and S13 need not.
    """

    name: str
    what: str
    script: Callable[[float], Behaviour]
    fallback_script: Callable[[float], Behaviour] | None = None
    rescuable: bool = True

    def behaviour(self, speed: float = 1.0) -> Behaviour:
        """A fresh behaviour of the primary."""
        return self.script(speed)

    def fallback(self, speed: float = 1.0) -> Behaviour:
        """A fresh behaviour of the fallback."""
        return (self.fallback_script or _well(FALLBACK_ANSWER))(speed)


def _well(text: str) -> Callable[[float], Behaviour]:
    return lambda _: lambda request: replies.answer(request, text)


def _first(reply: Reply) -> Callable[[float], Behaviour]:
    """``reply`` to the first request, then all is well."""
    return lambda _: (
        lambda request: reply if request.number == 1 else replies.answer(request, ANSWER)
    )


def _always(reply: Reply) -> Callable[[float], Behaviour]:
    return lambda _: lambda _request: reply


def _s01(speed: float) -> Behaviour:
    wait = {"retry-after": f"{2 * speed:g}"}
    limited = replies.error(429, "rate_limit_exceeded", kind="rate_limit_error", headers=wait)
    return _first(limited)(speed)


def _s06(speed: float) -> Behaviour:
    return lambda _: [Sleep(120 * speed), Close()]


def _s07(speed: float) -> Behaviour:
    def behaviour(request: Received) -> Reply:
        whole = list(replies.answer(request, ANSWER))
        first = whole[0]
        assert isinstance(first, Send)
        ready, _, rest = first.data.partition(b"\r\n\r\n")
        steps: list[Step] = [Send(ready + b"\r\n\r\n"), Sleep(20 * speed)]
        return [*steps, *([Send(rest)] if rest else []), *whole[1:]]

    return behaviour


def _events(request: Received) -> list[bytes]:
    pieces = replies.words(ANSWER)
    if request.path.endswith("/messages"):
        return replies.messages_events(pieces)
    return replies.chat_events(pieces)


def _s08(_: float) -> Behaviour:
    return lambda request: replies.cut_stream(_events(request)[:41])


def _s08_unframed(_: float) -> Behaviour:
    return lambda request: replies.cut_stream(_events(request)[:41], framed=False)


def _s09(speed: float) -> Behaviour:
    def behaviour(request: Received) -> Reply:
        return replies.cut_stream([*_events(request)[:21], Sleep(30 * speed)])

    return behaviour


def _s10(_: float) -> Behaviour:
    def behaviour(request: Received) -> Reply:
        events = _events(request)
        events[9] = b'data: {"choices":[{"index":0,"delta":{"content":"wor\n\n'
        return replies.stream(events)

    return behaviour


def _s11(_: float) -> Behaviour:
    def behaviour(request: Received) -> Reply:
        return replies.stream([one for one in _events(request) if one != replies.DONE])

    return behaviour


def _s14_fallback(_: float) -> Behaviour:
    def behaviour(request: Received) -> Reply:
        if request.json["messages"][-1]["role"] == "assistant":
            return replies.error(400, "invalid_request_error", message="prefill not supported")
        return replies.answer(request, FALLBACK_ANSWER)

    return behaviour


def _s15(speed: float) -> Behaviour:
    began = time.monotonic()

    def behaviour(request: Received) -> Reply:
        if time.monotonic() - began < 60 * speed:
            return replies.error(503, "server_is_overloaded", kind="server_error")
        return replies.answer(request, ANSWER)

    return behaviour


_FAULTS: Final = (
    Fault("S01", "429 with Retry-After: 2 once, then fine", _s01),
    Fault(
        "S02",
        "429 without the header, for ever",
        _always(replies.error(429, "rate_limit_exceeded", kind="rate_limit_error")),
    ),
    Fault("S03", "500 once, then fine", _first(replies.error(500, kind="server_error"))),
    Fault("S04", "503 for ever", _always(replies.error(503, kind="server_error"))),
    Fault("S05", "connection reset before any byte, once", _first([Reset()])),
    Fault("S06", "request accepted, silence for 120 s", _s06),
    Fault("S07", "headers at once, first token after 20 s", _s07),
    Fault("S08", "stream dies after 40 of 60 tokens, no end mark", _s08),
    Fault("S09", "20 tokens, then silence for 30 s, then closed", _s09),
    Fault("S10", "the tenth event is invalid JSON", _s10),
    Fault("S11", "complete stream without [DONE]", _s11),
    Fault(
        "S12",
        "400 context_length_exceeded always",
        _always(replies.error(400, "context_length_exceeded")),
        rescuable=False,
    ),
    Fault(
        "S13",
        "400 content_policy_violation always",
        _always(replies.error(400, "content_policy_violation")),
        rescuable=False,
    ),
    Fault(
        "S14",
        "stream dies mid-answer, and the fallback refuses an assistant prefill",
        _s08_unframed,
        _s14_fallback,
    ),
    Fault("S15", "503 for 60 s, then healthy", _s15),
    Fault("S16", "primary always 503, fallback answers", _always(replies.error(503))),
)
FAULTS: Final = {fault.name: fault for fault in _FAULTS}
