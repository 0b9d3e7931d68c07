"""How the servers of other engines are started: one for several people, with a key."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support import tiny_model

_LLAMACPP: Final = """
import sys, time
import xllamacpp
parameters = xllamacpp.CommonParams()
parameters.model.path, parameters.port = sys.argv[1], int(sys.argv[2])
parameters.api_keys = [sys.argv[3]]
parameters.hostnames = ["127.0.0.1"]
# Its threads wait awake for each other: two of them stand still on a machine that others use.
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
parameters.n_ctx, parameters.n_parallel, parameters.n_predict = 4096, 4, -1
server = xllamacpp.Server(parameters)
while True:
    time.sleep(60)
"""

Command = Callable[[str, Path, int, str], list[str]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One engine: the ``module`` that brings it, and the ``command`` that starts it with a Python,
    a folder for models, a port and a key. Some have no keys: a proxy in front would check them.
    ``model`` is what it calls its model, empty where it lists it. With ``gguf`` it reads the small
    model of the tests.
    """

    module: str
    command: Command
    has_keys: bool = True
    gguf: bool = False
    model: str = ""


def tiny(python: str, folder: Path) -> Path:
    """A model with random weights, made by the engine's own libraries."""
    made = folder / "tiny"
    if not made.exists():
        subprocess.run([python, tiny_model.__file__, str(made)], check=True)
    return made


def _llamacpp(python: str, model: Path, port: int, key: str) -> list[str]:
    return [python, "-c", _LLAMACPP, str(model), str(port), key]


def _mlx(python: str, model: Path, port: int, key: str) -> list[str]:
    del key
    where = ["--host", "127.0.0.1", "--port", str(port)]
    return [python, "-m", "mlx_lm", "server", "--model", str(model), *where]


def _vllm(python: str, model: Path, port: int, key: str) -> list[str]:
    more = ["--host", "127.0.0.1", "--port", str(port), "--api-key", key, "--enforce-eager"]
    more += ["--max-model-len", "2048", "--served-model-name", "tiny"]
    # Of the whole machine's memory, which others use, too.
    more += ["--gpu-memory-utilization", "0.05"]
    return [python, "-m", "vllm.entrypoints.openai.api_server", "--model", str(model), *more]


KINDS: Final = (
    Kind("xllamacpp", _llamacpp, gguf=True),
    Kind("mlx_lm", _mlx, has_keys=False, model="default_model"),
    Kind("vllm", _vllm),
)
