"""The real model calls tools and writes JSON as it is told: a part of bench/local_faithful.py."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import islice

import pytest

from edgeroute.local.backends.llamacpp import LlamaCpp
from edgeroute.local.backends.worker_process import WorkerProcess
from edgeroute.local.files.models import LocalModels
from tests.bench.local_faithful import Case, cases, fault
from tests.support.model_files import SMALL, require

pytestmark = [pytest.mark.model, pytest.mark.timeout(300)]

# The fifth question in all four kinds, and one text with two schemas.
SOME = [*islice(cases(), 16, 20), *islice(cases(), 40, 50, 5)]


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaCpp]:
    """The small model in a worker of its own."""
    base = tmp_path_factory.mktemp("w")
    models = LocalModels(require(SMALL).parent)
    process = WorkerProcess(base / "run", base / "state", models.folder, window=2_048)
    yield LlamaCpp(models, process, "qwen2.5-coder-0.5b")
    asyncio.run(process.stop())


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.kind)
async def test_calls_and_json_are_as_asked(backend: LlamaCpp, case: Case) -> None:
    """Demanded calls come, forbidden ones do not, none is written as text, and all are valid."""
    assert await fault(backend, case) == ""


def test_there_are_forty_of_each() -> None:
    """Calls demanded, demanded by name, free and forbidden; and ten schemas with four texts."""
    kinds = [case.kind for case in cases()]
    assert len(kinds) == 80
    assert kinds.count("schema") == 40
    assert len(set(kinds)) == 5
