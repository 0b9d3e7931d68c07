"""Compiling llama.cpp for this processor: with locked sources, in a folder that a later try goes on
in, and put in its place in one step.

Nothing is installed into the Python that EdgeRoute runs in: package managers own that one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import shutil
import signal
import tarfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path, PurePath
from typing import BinaryIO, Final

from edgeroute.core.display import safe_line
from edgeroute.core.errors import LocalModelError
from edgeroute.core.local_models import OnProgress, Progress
from edgeroute.core.private_file import make_private_folder
from edgeroute.local import llamacpp_library
from edgeroute.local.files.package_index import pip_command

TITLE: Final = "llama.cpp"
LOG: Final = "compile.log"
_PIP: Final = ("--disable-pip-version-check", "--no-input", "--progress-bar=off", "--no-deps")
# The worker reads no pictures and needs nothing of llama.cpp's own programs: that is half the work.
_NO_PICTURES: Final = "--config-settings=cmake.define.LLAVA_BUILD=OFF"
_PROGRAMS: Final = ("set(LLAMA_BUILD_COMMON ON ", "set(LLAMA_BUILD_COMMON OFF ")
_LOOK_SECONDS: Final = 0.5
_TAIL_BYTES: Final = 8_192
_STEP: Final = re.compile(rb"\[(\d{1,5})/(\d{1,5})\]")
_COMPILERS: Final = {"C": ("CC", ("cc", "gcc", "clang")), "C++": ("CXX", ("c++", "g++", "clang++"))}
_ROOM_BYTES: Final = 1_000_000_000


class Compiler:
    """Compiles into ``place``, a folder of packages; ``environment`` is the user's own."""

    def __init__(
        self,
        place: Path | None = None,
        report: OnProgress = lambda _: None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._place = place or llamacpp_library.place()
        self._report = report
        self._environment = environment
        self._work = self._place.parent / "work"
        self._at = (0, 0)

    @property
    def log(self) -> Path:
        """All that the tools said."""
        return self._work / LOG

    async def run(self) -> Path:
        """The compiled package; one that is there already is left alone.

        Raises:
            LocalModelError: no compiler, no room, no connection, or it could not be compiled.
        """
        package = self._place / llamacpp_library.PACKAGE
        if not await asyncio.to_thread(package.is_dir):
            make_private_folder(self._work)
            async with self._alone():
                if not await asyncio.to_thread(package.is_dir):
                    self.require_tools()
                    await self._compile()
        return package

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Wait until no other process of this user compiles it."""
        import fcntl  # noqa: PLC0415

        with (self._work.parent / "lock").open("w", encoding="ascii") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    await asyncio.sleep(_LOOK_SECONDS)
            yield

    def require_tools(self) -> None:
        """Refuse where there is no compiler, or no room.

        Raises:
            LocalModelError: what is missing, and how to install it.
        """
        path = self._environment.get("PATH")
        for language, (variable, names) in _COMPILERS.items():
            own = shlex.split(self._environment.get(variable, ""))[:1]
            if not any(shutil.which(name, path=path) for name in (*own, *names)):
                raise LocalModelError(
                    f"llama.cpp has to be compiled, and there is no {language} compiler.",
                    "Install one (Debian, Ubuntu: apt install build-essential; Fedora: dnf install"
                    " gcc-c++; macOS: xcode-select --install), then `edgeroute models prepare`.",
                )
        folder = self._work
        while not folder.exists():
            folder = folder.parent
        free = shutil.disk_usage(folder).free
        if free < _ROOM_BYTES:
            raise LocalModelError(
                f"llama.cpp has to be compiled in {self._work}, and the disk is full.",
                "Free a gigabyte, then run `edgeroute models prepare`.",
            )

    async def _compile(self) -> None:
        tools, sources, packages = (self._work / name for name in ("tools", "sources", "packages"))
        if not tools.is_dir():
            draft = self._work / "tools.new"
            shutil.rmtree(draft, ignore_errors=True)
            lock = llamacpp_library.locked(llamacpp_library.BUILD_LOCK)
            wanted = ("--require-hashes", f"--requirement={lock}", "--only-binary=:all:")
            await self._pip("install", *wanted, f"--target={draft}")
            draft.rename(tools)
        # With the sources always in the same folder, ninja goes on where it was interrupted.
        source = sources / "unpacked"
        if not source.is_dir():
            shutil.rmtree(sources, ignore_errors=True)
            lock = llamacpp_library.locked(llamacpp_library.LOCK)
            await self._pip(
                "download", "--require-hashes", f"--requirement={lock}", "--no-build-isolation",
                "--no-binary=llama-cpp-python", f"--dest={sources}", tools=tools,
            )  # fmt: skip
            await asyncio.to_thread(_unpack, sources, source)
        wheels = sorted(map(str, sources.glob("*.whl")))
        shutil.rmtree(packages, ignore_errors=True)
        await self._pip(
            "install", "--no-index", "--no-build-isolation", "--verbose", f"--target={packages}",
            f"--config-settings=build-dir={self._work / 'build'}",
            _NO_PICTURES, *wheels, str(source), tools=tools,
        )  # fmt: skip
        shutil.rmtree(self._place, ignore_errors=True)
        packages.rename(self._place)
        await asyncio.to_thread(self._tidy)

    def _tidy(self) -> None:
        """Keep what was compiled, and nothing else; what an older EdgeRoute compiled goes too."""
        others = [folder for folder in self._place.parents[1].glob("*-*") if folder.is_dir()]
        for folder in (self._work, *others):
            if folder != self._place.parent:
                shutil.rmtree(folder, ignore_errors=True)

    async def _pip(self, *words: str, tools: Path | None = None) -> None:
        """Run pip, and say how far it is.

        Raises:
            LocalModelError: it failed.
        """
        command = [*pip_command(), words[0], *_PIP, *words[1:]]
        with self.log.open("wb") as log, self.log.open("rb") as said:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=self._work,
                env=self._for_tools(tools),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                while process.returncode is None:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(process.wait(), _LOOK_SECONDS)
                    self._tell(said)
            finally:
                if process.returncode is None:  # the compilers are its children
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                    await process.wait()
        if process.returncode != 0:
            raise LocalModelError(
                f"llama.cpp could not be compiled: {self._complaint()}",
                f"Look into {self.log}, mend what it names, then run `edgeroute models prepare`.",
            )

    def _for_tools(self, tools: Path | None) -> dict[str, str]:
        environment = {**self._environment, "PYTHONDONTWRITEBYTECODE": "1"}
        if tools is not None:
            environment["PYTHONPATH"] = str(tools)
            # pip takes an environment's programs for a build only when they are on the path.
            environment["PATH"] = f"{tools / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
        for name in ("CFLAGS", "CXXFLAGS"):
            environment[name] = " ".join(filter(None, (environment.get(name, ""), _flags())))
        return environment

    def _tell(self, log: BinaryIO) -> None:
        marks = _STEP.findall(log.read())
        self._at = (int(marks[-1][0]), int(marks[-1][1])) if marks else self._at
        self._report(Progress("compile", TITLE, *self._at))

    def _tail(self) -> bytes:
        with contextlib.suppress(OSError), self.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
            return log.read()
        return b""

    def _complaint(self) -> str:
        lines = self._tail().decode("utf-8", "replace").splitlines()
        wrong = [line for line in lines if re.search(r"\b(error|fatal)\b", line, re.IGNORECASE)]
        return safe_line((wrong or lines or ["it said nothing"])[0].strip(), 300)


def _unpack(folder: Path, target: Path) -> None:
    """The one archive of sources in ``folder``, unpacked as ``target``.

    Raises:
        LocalModelError: it is not what it should be.
    """
    draft = folder / "draft"
    try:
        (archive,) = folder.glob("*.tar.gz")
        with tarfile.open(archive) as tar:
            if any(".." in PurePath(one.name).parts or one.name.startswith("/") for one in tar):
                raise ValueError("a file of it would lie elsewhere")  # noqa: TRY301
            # Python before 3.11.4 has no filter; pip has checked the archive against its hash.
            tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            tar.extractall(draft)  # noqa: S202
        (inner,) = draft.iterdir()
        rules = inner / "CMakeLists.txt"
        rules.write_text(rules.read_text("utf-8").replace(*_PROGRAMS), "utf-8")
        inner.rename(target)
    except (OSError, ValueError, tarfile.TarError) as error:
        raise LocalModelError(
            f"The sources of llama.cpp cannot be unpacked: {error}.",
            "Run `edgeroute models prepare` again.",
        ) from error


def _flags() -> str:
    """Matrix tiles (AMX) stay off: GCC up to 13 drops half of their configuration when it
    optimises, and the model process dies at its first token.
    """
    with contextlib.suppress(OSError):
        if re.search(r"\bamx_tile\b", Path("/proc/cpuinfo").read_text("utf-8", "replace")):
            return "-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
    return ""
