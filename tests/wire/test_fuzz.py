"""Mutated streams parse or fail cleanly.

``EDGEROUTE_FUZZ`` sets how many streams are tried; the bench uses 100,000.
"""

from __future__ import annotations

import os
import random

from edgeroute.core.events import Finish
from edgeroute.wire.errors import WireError, WireFault
from edgeroute.wire.formats import FORMATS
from tests.support.wire import FIXTURES, read, wire_of

COUNT = int(os.environ.get("EDGEROUTE_FUZZ", "1500"))
SCRAPS = [
    b"\r", b"\n", b"\n\n", b"\r\n\r\n", b"data: ", b"data:", b"event: error\n", b": c\n", b"\xff",
    b"\xe2\x80\xa8", b'"', b"{", b"}", b"[]", b"null", b"true", b"-1", b"1e999", b'""', b"[[[[",
    b'{"a":1}', b'"index":', b"\\ud800", b"[DONE]", b'"tool_calls":[{}]', b'"content":[{}]',
]  # fmt: skip


def mutated(data: bytes, rng: random.Random) -> bytes:
    """``data`` with a few bytes cut, doubled, replaced or put in."""
    for _ in range(rng.randint(1, 4)):
        start = rng.randrange(len(data) + 1)
        end = min(len(data), start + rng.choice([0, 1, 2, 5, 40, 400]))
        piece = rng.choice([b"", rng.choice(SCRAPS), data[start:end] * 2, rng.randbytes(3)])
        data = data[:start] + piece + data[end:]
    return data


def test_mutated_streams_parse_or_fail_cleanly() -> None:
    """Nothing that a provider can send raises anything but the two errors of a wire format."""
    streams = [(wire_of(path.name), path.read_bytes()) for path in sorted(FIXTURES.iterdir())]
    rng = random.Random(2026)
    failed = finished = 0
    for _ in range(COUNT):
        wire, data = rng.choice(streams)
        try:
            deltas = read(FORMATS[wire].decoder(), mutated(data, rng), rng.choice([3, 64, 4096]))
        except (WireError, WireFault):
            failed += 1
            continue
        finished += sum(isinstance(delta, Finish) for delta in deltas)
        assert not any(isinstance(delta, Finish) for delta in deltas[:-1])
    assert failed > COUNT // 20
    assert finished > COUNT // 20
