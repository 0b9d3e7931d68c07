"""Compiling llama.cpp, with a pip that only pretends."""

from __future__ import annotations

import asyncio
import io
import sys
import tarfile
from pathlib import Path

import pytest

from edgeroute.core.errors import LocalModelError
from edgeroute.core.local_models import Progress
from edgeroute.local import llamacpp_library
from edgeroute.local.preparing import compiler
from edgeroute.local.preparing.compiler import Compiler

PIP = """
import os, pathlib, sys, tarfile, time
words = dict(w.lstrip("-").partition("=")[::2] for w in sys.argv[1:] if w.startswith("-"))
with open(os.environ["ASKED"], "a") as asked:
    print(*sys.argv[1:], file=asked)
if sys.argv[1] == "download":
    folder = pathlib.Path(words["dest"])
    folder.mkdir()
    (folder / "jinja2-3-py3-none-any.whl").write_text("")
    with tarfile.open(folder / "llama_cpp_python-0.tar.gz", "w:gz") as tar:
        tar.add(os.environ["SOURCE"], "llama_cpp_python-0")
elif "no-index" in words:
    print("[7/193] Building", flush=True)
    time.sleep(float(os.environ.get("SLOW", 0)))
    if os.environ.get("BREAK"):
        print("x.cpp:1: fatal error: no such header")
        sys.exit(1)
    package = pathlib.Path(words["target"]) / "llama_cpp"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
else:
    (pathlib.Path(words["target"]) / "bin").mkdir(parents=True)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it is compiled to, in a folder whose name has a space."""
    pip, source = tmp_path / "pip.py", tmp_path / "source"
    pip.write_text(PIP)
    source.mkdir()
    (source / "CMakeLists.txt").write_text('set(LLAMA_BUILD_COMMON ON CACHE BOOL "" FORCE)\n')
    monkeypatch.setattr(compiler, "pip_command", lambda: [sys.executable, str(pip)])
    return tmp_path / "a cache" / "llamacpp" / "0.1-abc" / "site-packages"


def made(place: Path, seen: list[Progress] | None = None, **environment: str) -> Compiler:
    """A compiler with compilers on its path."""
    tools = place.parents[3] / "compilers"
    tools.mkdir(exist_ok=True)
    for name in ("cc", "c++"):
        (tools / name).touch(0o755)
    base = place.parents[3]
    own = {"PATH": str(tools), "ASKED": str(base / "asked"), "SOURCE": str(base / "source")}
    return Compiler(place, (seen if seen is not None else []).append, own | environment)


def read(path: Path) -> str:
    """A file's text."""
    return path.read_text()


def is_there(path: Path) -> bool:
    """Whether there is anything."""
    return path.exists()


def asked(place: Path) -> list[str]:
    """What pip was asked for, the first words of each."""
    return [line.split()[0] for line in (place.parents[3] / "asked").read_text().splitlines()]


async def test_it_compiles_locked_sources_once(place: Path) -> None:
    """Tools and sources come by their hashes, the package appears whole, and stays."""
    seen: list[Progress] = []
    package = await made(place, seen).run()
    assert package == place / "llama_cpp"
    assert asked(place) == ["install", "download", "install"]
    tools, sources, build = (place.parents[3] / "asked").read_text().splitlines()
    assert "--require-hashes" in tools
    assert "--require-hashes" in sources
    assert "--no-index" in build
    assert ("llama.cpp", 7, 193) in {(p.file, p.done, p.total) for p in seen}
    assert await made(place).run() == package
    assert asked(place) == ["install", "download", "install"]
    assert not is_there(place.parent / "work")


async def test_it_goes_on_where_it_was_interrupted(place: Path) -> None:
    """What was cancelled leaves no process, and keeps tools, sources and what was compiled."""
    seen: list[Progress] = []
    work = asyncio.create_task(made(place, seen, SLOW="60").run())
    while not any(progress.done for progress in seen):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not is_there(place)
    (source,) = (place.parent / "work" / "sources").glob("unpacked")
    assert "COMMON OFF" in read(source / "CMakeLists.txt")
    await made(place).run()
    assert asked(place) == ["install", "download", "install", "install"]
    lines = (place.parents[3] / "asked").read_text().splitlines()
    assert lines[-1] == lines[-2]
    assert str(source) in lines[-1]


async def test_what_breaks_is_named(place: Path) -> None:
    """The compiler's own complaint, where the whole log is, and what to do next."""
    with pytest.raises(LocalModelError, match="no such header") as broke:
        await made(place, BREAK="yes").run()
    assert "compile.log" in broke.value.hint
    assert "edgeroute models prepare" in broke.value.hint
    assert not is_there(place)


async def test_without_a_compiler_it_says_what_to_install(place: Path) -> None:
    """A sentence comes before anything is fetched; a named compiler counts."""
    maker = made(place)
    for tool in (place.parents[3] / "compilers").iterdir():
        tool.unlink()
    with pytest.raises(LocalModelError, match="no C compiler") as missing:
        await maker.run()
    assert "apt install build-essential" in missing.value.hint
    assert not (place.parents[3] / "asked").exists()
    made(place, CC="cc -O2", CXX="c++").require_tools()


@pytest.mark.parametrize("filtered", [True, False])
async def test_sources_that_lead_out_are_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch, *, filtered: bool
) -> None:
    """No archive writes beside its folder, though Python before 3.11.4 has no filter for that."""
    if not filtered:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    folder = place.parents[3] / "sources"
    folder.mkdir()
    with tarfile.open(folder / "x.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../outside"), io.BytesIO())
    with pytest.raises(LocalModelError, match="cannot be unpacked"):
        compiler._unpack(folder, folder / "unpacked")
    assert not (folder.parent / "outside").exists()


def test_the_place_is_one_of_this_version_and_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the cache holds for this machine is found, and told to the process that runs it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(llamacpp_library, "_in_packages", lambda: None)
    monkeypatch.setattr(llamacpp_library, "cache_folder", lambda: tmp_path / "llamacpp")
    assert llamacpp_library.found() is None
    assert llamacpp_library.search_path() == []
    package = llamacpp_library.place() / "llama_cpp"
    (package / "lib").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    assert llamacpp_library.found() == package
    assert llamacpp_library.search_path() == [str(package.parent)]
    assert llamacpp_library.version() in package.parts[-3]
    assert not llamacpp_library.offloads()
    (package / "lib" / "libggml-cuda.so").write_text("")
    assert llamacpp_library.offloads()
