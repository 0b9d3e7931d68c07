# ruff: noqa: T201 - it prints its counts
"""What one warm prompt walks through: ``python -m tests.bench.walk``.

A real endpoint over loopback, the packaged privacy rules with their models where they are there, a
scripted provider. The third prompt is watched with ``sys.setprofile`` in every thread: the files
and functions of the package that it enters, and how often. Prints the counts, and the files.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import httpx

import edgeroute
from edgeroute.core.display import safe_line
from edgeroute.server.serve import serving
from tests.support.house import house

PACKAGE = str(Path(edgeroute.__file__).parent) + os.sep
PROMPTS = (
    "Explain how a hash table works.",
    "Why does a binary search need a sorted list?",
    "How do I reverse a list in Python without a copy?",
)


class Watch:
    """Counts the package's functions that are entered while it is on."""

    def __init__(self) -> None:
        self.on = False
        self.calls: Counter[tuple[str, str, int]] = Counter()

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        """One event of the interpreter."""
        code = frame.f_code
        if self.on and event == "call" and code.co_filename.startswith(PACKAGE):
            place = code.co_filename.removeprefix(PACKAGE)
            self.calls[place, code.co_qualname, code.co_firstlineno] += 1


async def walk(watch: Watch) -> None:
    """Ask three prompts and watch the last."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        if models := os.environ.get("EDGEROUTE_MODELS"):
            (home / "models").symlink_to(models)
        async with (
            house(home, rules={"privacy.yaml": "level: balanced\n"}) as open_house,
            serving(open_house.runtime, port=0) as listening,
        ):
            await open_house.runtime.warm()
            token = listening.token_file.read_text().strip()
            headers = {"authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=60) as client:
                for prompt in PROMPTS:
                    watch.on = prompt == PROMPTS[-1]
                    answer = await client.post(
                        f"{listening.address}/v1/chat/completions",
                        json={"model": "auto", "messages": [{"role": "user", "content": prompt}]},
                    )
                    await asyncio.sleep(0.5)  # what goes on after the answer counts too
                    watch.on = False
                    answer.raise_for_status()


def main() -> None:
    """Print what was walked through."""
    watch = Watch()
    threading.setprofile(watch)
    sys.setprofile(watch)
    asyncio.run(walk(watch))
    sys.setprofile(None)
    files: dict[str, set[str]] = {}
    for place, name, _ in watch.calls:
        files.setdefault(place, set()).add(name)
    functions = len(watch.calls)
    print(f"{len(files)} files, {functions} functions, {sum(watch.calls.values())} calls")
    for place, names in sorted(files.items()):
        print(f"  {safe_line(place, 60):<60}{len(names):>4}")


if __name__ == "__main__":
    main()
