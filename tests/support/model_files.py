"""Where the tests find model files: real files, never downloaded by a test.

The folder is ``EDGEROUTE_MODELS``, else ``~/.cache/edgeroute/models`` (``packaging/test.sh`` fills
it). A test that needs a file which is not there skips and says which.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

SMALL: Final = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
"""The real language model that tests answer with."""


def models_folder() -> Path | None:
    """The folder with model files, or ``None`` where there is none."""
    named = os.environ.get("EDGEROUTE_MODELS")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(named) if named else Path(cache) / "edgeroute" / "models"
    return folder if folder.is_dir() else None


def require_llama() -> None:
    """Skip the test where llama.cpp is missing, as it is after a light setup."""
    if find_spec("llama_cpp") is None:
        pytest.skip("llama-cpp-python is not installed: run packaging/test.sh once")


def require(relative: str) -> Path:
    """The file or folder ``relative`` to the models folder; the test skips where it is missing."""
    folder = models_folder()
    if folder is None:
        pytest.skip("no models folder: run packaging/test.sh once, or set EDGEROUTE_MODELS")
    if relative.endswith(".gguf"):
        require_llama()
    path = folder / relative
    if not path.exists():
        pytest.skip(f"{relative} is not in the models folder {folder}")
    return path
