"""How long a resent history takes: ``python -m tests.bench.history [MODELS]``.

Prints, for histories of about 400,000 characters, CPU milliseconds of the first reading (cold) and
of each later turn with one new message (warm), for the inspector and for the gate. Without a
folder of model files a pattern detector stands in: the warm figures hardly depend on the detector.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from pathlib import Path

from edgeroute.boundary.clearance import Outgoing
from edgeroute.core.clock import SystemClock
from edgeroute.core.messages import Message, assistant, user
from edgeroute.core.request import ChatRequest
from edgeroute.core.verdict import PrivacyMode
from edgeroute.privacy.detecting.detector import Detector
from edgeroute.privacy.detecting.protocol import TextDetector
from edgeroute.privacy.gate import Gate
from edgeroute.privacy.inspecting.inspector import Inspector
from edgeroute.privacy.policy import PrivacyPolicy
from edgeroute.wire.json_data import dump
from tests.support.detectors import PlantDetector

TURNS = 20


def history(messages: int, characters: int) -> list[Message]:
    """Question and answer in turn, none of them alike."""
    found: list[Message] = []
    for number in range(messages // 2):
        question = f"{number} How does the cache of version {number} work in detail? "
        found.append(user((question + "the quick brown fox " * characters)[:characters]))
        found.append(
            assistant((f"{number} By hashing. " + "lorem ipsum " * characters)[:characters])
        )
    return found


def sent(messages: list[Message]) -> Outgoing:
    """The history as it would leave."""
    body = {"messages": [{"role": m.role, "content": m.text} for m in messages]}
    return Outgoing("POST", "https://api.example.com/v1/chat/completions", dump(body), {})


async def measure(detector: TextDetector, messages: int, characters: int) -> str:
    """One line of figures."""
    reader = Inspector(detector, lambda: "v1", seconds=600)
    gate = Gate(reader, SystemClock())
    turns = history(messages, characters)
    started = time.process_time()
    verdict = await reader.inspect(ChatRequest(tuple(turns)))
    cold = time.process_time() - started
    inspected: list[float] = []
    cleared: list[float] = []
    for number in range(TURNS):
        turns += [user(f"And how would version {number} of it handle a full table?")]
        request, outgoing = ChatRequest(tuple(turns)), sent(turns)
        started = time.process_time()
        await reader.inspect(request)
        inspected.append(time.process_time() - started)
        started = time.process_time()
        await gate.clear(outgoing, conversation="c", mode=PrivacyMode.AUTO, latched=False)
        cleared.append(time.process_time() - started)
        turns += [assistant(f"Well, {number} is fine.")]
    await reader.close()
    return (
        f"{messages:6d} x {characters:6d}  cold {cold * 1000:8.0f}  "
        f"warm inspect p50 {statistics.median(inspected) * 1000:6.1f} max "
        f"{max(inspected) * 1000:6.1f}  warm gate p50 {statistics.median(cleared[1:]) * 1000:6.1f} "
        f"max {max(cleared[1:]) * 1000:6.1f}  {'private' if verdict.private else 'clear'}"
    )


async def main() -> None:
    """Print the table."""
    detector: TextDetector = PlantDetector()
    if len(sys.argv) > 1:
        real = Detector(PrivacyPolicy.load(), Path(sys.argv[1]))
        real.warm()
        detector = real
    for messages, characters in ((40, 10_000), (200, 2_000), (2_000, 200)):
        print(await measure(detector, messages, characters))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
