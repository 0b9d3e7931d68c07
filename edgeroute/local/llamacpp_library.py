"""The compiled llama.cpp: in this Python's packages, or in a folder that all of a user's share.

It is compiled for the very processor that it runs on, so its folder is named by both.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import re
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from edgeroute import datafile

PACKAGE: Final = "llama_cpp"
LOCK: Final = "llamacpp.txt"
BUILD_LOCK: Final = "llamacpp-build.txt"


def locked(name: str) -> Path:
    """A lock file that travels with this program."""
    return datafile.packaged("models") / name


@cache
def version() -> str:
    """The version that is used."""
    found = re.search(r"^llama-cpp-python==([^ ;]+)", locked(LOCK).read_text("utf-8"), re.MULTILINE)
    assert found is not None, "the lock names llama-cpp-python"
    return found.group(1)


def cache_folder() -> Path:
    """Where compiled ones lie, and what is needed to compile them."""
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_cache_path("edgeroute", appauthor=False) / "llamacpp"


def place() -> Path:
    """The folder of packages that the compiled one for this machine lies in, or will."""
    # The worker may read folders of packages only, which it knows by this name.
    return cache_folder() / f"{version()}-{_machine()}" / "site-packages"


@cache
def _machine() -> str:
    """A word for what the compiler makes code for."""
    words = [platform.system(), platform.machine()]
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
        words += [line for line in lines if line.startswith(("flags", "Features"))][:1]
    return hashlib.blake2b("\n".join(words).encode(), digest_size=5).hexdigest()


def found() -> Path | None:
    """The folder of the package ``llama_cpp``; None where it has to be compiled first."""
    inside = _in_packages()
    if inside is not None:
        return inside
    own = place() / PACKAGE
    return own if (own / "__init__.py").is_file() else None


@cache
def _in_packages() -> Path | None:
    """Its folder in this Python's own packages, which stay as they are while a process runs."""
    spec = importlib.util.find_spec(PACKAGE)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def search_path() -> list[str]:
    """What a process that runs llama.cpp has to look in beside its own packages."""
    where = found()
    own = place()
    return [os.fspath(own)] if where is not None and where.parent == own else []


def offloads() -> bool:
    """Whether it carries code for a graphics card, told by its libraries."""
    where = found()
    return where is not None and any(
        True
        for kind in ("cuda", "hip", "vulkan", "metal", "sycl")
        for _ in (where / "lib").glob(f"*ggml-{kind}*")
    )
