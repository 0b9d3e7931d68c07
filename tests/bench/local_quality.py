# ruff: noqa: T201 - it prints answers for whoever judges them
"""How good a local model's answers to private prompts are, judged by people of a written rubric.

``python -m tests.bench.local_quality [--model ID] > answers.txt`` prints the 30 prompts of
``data/private_prompts.yaml`` in five languages, what a right answer holds to, and the model's own.
Whoever judges gives each one mark:

- **good**: could be sent or used as it is. Every fact is kept, none is invented or changed (a
  future step is not a done one), sums are right, the language is the prompt's, the task was done.
- **edit**: right in substance; up to two small faults that the user sees and mends at once: a
  clumsy phrase, a missing greeting, one detail left out that nothing hangs on.
- **wrong**: a fact or sum is wrong or invented, advice would do harm, the decision was changed, the
  task was not done, or it is in another language.

The counts go to ``models/local.yaml`` (``judged``), which ``edgeroute models recommend`` quotes.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

import msgspec
import yaml

from edgeroute.local.backends.llamacpp import LlamaCpp
from edgeroute.local.backends.worker_process import WorkerProcess
from edgeroute.local.files.models import LocalModels
from tests.bench.local import ask, models_folder, request

PROMPTS = Path(__file__).parent / "data" / "private_prompts.yaml"
TOKENS = 220


class Prompt(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One prompt, and what a right answer holds to."""

    language: str
    text: str
    must: str


def prompts() -> list[Prompt]:
    """All of them."""
    return msgspec.convert(yaml.safe_load(PROMPTS.read_text("utf-8")), list[Prompt])


async def main() -> None:
    """Print every prompt with its answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="auto")
    options = parser.parse_args()
    folder = models_folder()
    models = LocalModels(folder)
    build = models.choose(options.model)
    with tempfile.TemporaryDirectory() as base:
        process = WorkerProcess(Path(base) / "run", Path(base) / "state", folder, window=4_096)
        backend = LlamaCpp(models, process, build.id)
        try:
            for number, prompt in enumerate(prompts(), 1):
                answer = await ask(backend, request(prompt.text, tokens=TOKENS, seed=1))
                print(f"--- {number} {build.id} {prompt.language}\n{prompt.text}")
                print(f"MUST: {prompt.must}\n{answer.text.strip()}\n", flush=True)
        finally:
            await process.stop()


if __name__ == "__main__":
    asyncio.run(main())
