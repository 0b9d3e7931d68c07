"""What this machine can carry, and which model suits it."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edgeroute.local.files.catalogue import GIB, Build, Catalogue

_WINDOWS: Final = (32_768, 16_384, 8_192, 4_096)
_SMALLEST_WINDOW: Final = 2_048
# What llama.cpp and its host need beside the weights and the cache.
_OVERHEAD_BYTES: Final = GIB // 2
# A graphics card has no operating system in its memory: it carries what a shared memory of this
# many times its size carries.
_CARD_FACTOR: Final = 1.4


@dataclass(frozen=True, slots=True)
class Machine:
    """``memory`` in bytes, usable ``cores``, and what could compute besides the processor.

    ``gpu`` names a graphics card, ``gpu_memory`` is its size in bytes (0 unknown); ``offload`` says
    that the installed llama.cpp can use it. On Apple Silicon memory is shared.
    """

    memory: int
    cores: int
    apple_silicon: bool = False
    gpu: str = ""
    gpu_memory: int = 0
    offload: bool = False

    @property
    def accelerated(self) -> bool:
        """Whether more than the processor will compute."""
        return self.apple_silicon or (bool(self.gpu) and self.offload)

    @property
    def model_memory(self) -> int:
        """The memory, in bytes, that the ladder of models/local.yaml is climbed with."""
        if self.accelerated and not self.apple_silicon and self.gpu_memory:
            return min(self.memory, int(self.gpu_memory * _CARD_FACTOR))
        return self.memory

    @property
    def sentence(self) -> str:
        """The machine in one line."""
        if self.apple_silicon:
            what = "Apple Silicon"
        elif self.gpu and self.offload:
            what = self.gpu
        elif self.gpu:
            what = f"{self.gpu} (not used: this llama.cpp was built without it)"
        else:
            what = "no graphics card"
        return f"{self.memory / GIB:.0f} GB memory, {self.cores} cores, {what}"


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A build that this machine carries, and why it stands where it does."""

    build: Build
    reason: str


def recommend(catalogue: Catalogue, machine: Machine) -> list[Recommendation]:
    """The builds that suit ``machine``, best first; never empty, the last rung always remains."""
    rungs = catalogue.ladder.gpu if machine.accelerated else catalogue.ladder.cpu
    # Firmware keeps some memory to itself: a machine sold with 16 GB reports a little less.
    memory = machine.model_memory * 1.08 / GIB
    found = [
        Recommendation(catalogue.builds[rung.model], _reason(catalogue.builds[rung.model], machine))
        for rung in rungs
        if memory >= rung.memory_gb and machine.cores >= rung.cores
    ]
    if not found:
        last = catalogue.builds[rungs[-1].model]
        found = [Recommendation(last, "the last resort: this machine has little memory")]
    return found


def _reason(build: Build, machine: Machine) -> str:
    size = f"{build.bytes / GIB:.1f} GB file"
    if machine.accelerated:
        return f"fits {machine.model_memory / GIB:.0f} GB, {size}"
    return f"quick enough without a graphics card ({build.active:g} billion active), {size}"


def best_present(catalogue: Catalogue, machine: Machine, present: Iterable[Build]) -> Build | None:
    """Of the builds on disk the one to use: by the ladder, else the largest that fits, else any."""
    there = {build.id: build for build in present}
    for advice in recommend(catalogue, machine):
        if advice.build.id in there:
            return advice.build
    by_size = sorted(there.values(), key=lambda build: build.bytes)
    fitting = [build for build in by_size if build.memory_gb * GIB <= machine.model_memory * 1.08]
    return fitting[-1] if fitting else by_size[0] if by_size else None


def fit_window(build: Build, memory: int, wanted: int = 0) -> int:
    """How many tokens of context ``build`` gets with ``memory`` bytes in the machine.

    ``wanted`` of 0 is the most that fits, up to the build's own window. Weights, cache and overhead
    together take no more than two thirds of the memory.
    """
    if wanted:
        return max(_SMALLEST_WINDOW, min(wanted, build.context))
    room = memory * 2 // 3 - build.bytes - _OVERHEAD_BYTES
    for window in _WINDOWS:
        if window <= build.window and window * build.kv_bytes <= room:
            return window
    return _SMALLEST_WINDOW


def bytes_needed(build: Build, window: int) -> int:
    """The memory that ``build`` takes with ``window`` tokens of context."""
    return build.bytes + window * build.kv_bytes + _OVERHEAD_BYTES


def read_machine() -> Machine:
    """Read what can be told of the machine without starting anything heavy."""
    gpu, gpu_memory = _graphics_card()
    return Machine(
        memory=_memory(),
        cores=_cores(),
        apple_silicon=sys.platform == "darwin" and platform.machine() == "arm64",
        gpu=gpu,
        gpu_memory=gpu_memory,
        offload=_llama_offloads(),
    )


def available_memory() -> int:
    """Bytes that could be used now without pushing others out; 0 where the system does not say."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                free = int(line.split()[1]) * 1024
                limit = _cgroup_number("memory.max")
                used = _cgroup_number("memory.current")
                return min(free, max(0, limit - used)) if limit else free
    return 0


def threads_now(cores: int) -> int:
    """How many threads to compute with at this moment.

    Threads of llama.cpp wait for each other at every step, so one that shares its core with another
    program slows all of them down: better to leave busy cores alone, up to half of them.
    """
    others = 0
    with contextlib.suppress(OSError, ValueError, IndexError):
        runnable = Path("/proc/loadavg").read_text("ascii").split()[3].partition("/")[0]
        others = int(runnable) - 1
    return max(1, cores // 2, cores - max(0, others))


def _memory() -> int:
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return 0
    return min(memory, _cgroup_number("memory.max") or memory)


def _cgroup_number(name: str) -> int:
    """A number of this process's control group; 0 where there is none or no limit."""
    with contextlib.suppress(OSError, ValueError):
        return int((Path("/sys/fs/cgroup") / name).read_text("ascii"))
    return 0


def _cores() -> int:
    """Physical cores that this process may use: a second thread on a core does not help here."""
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text("ascii").split()
        return max(1, min(_physical_cores(), int(quota) // int(period)))
    return _physical_cores()


def _physical_cores() -> int:
    logical = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        allowed = os.sched_getaffinity(0)
        siblings = set()
        for cpu in allowed:
            topology = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
            with contextlib.suppress(OSError):
                siblings.add(topology.read_text("ascii"))
        return len(siblings) or len(allowed)
    return logical


def _graphics_card() -> tuple[str, int]:
    """The name and memory of a graphics card that llama.cpp could use; empty without one."""
    if Path("/dev/nvidiactl").exists():
        return _nvidia()
    if Path("/dev/kfd").exists():
        return "AMD graphics card", 0
    return "", 0


def _nvidia() -> tuple[str, int]:
    tool = shutil.which("nvidia-smi")
    if tool is not None:
        query = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
        with contextlib.suppress(OSError, subprocess.SubprocessError, ValueError, IndexError):
            answer = subprocess.run(  # noqa: S603 - a fixed command
                query, capture_output=True, text=True, timeout=5, check=True
            )
            name, megabytes = answer.stdout.splitlines()[0].rsplit(",", 1)
            return name.strip(), int(megabytes) * 1024 * 1024
    return "NVIDIA graphics card", 0


def _llama_offloads() -> bool:
    """Whether the installed llama.cpp carries code for a graphics card, told by its libraries."""
    spec = importlib.util.find_spec("llama_cpp")
    if spec is None or not spec.origin:
        return False
    library = Path(spec.origin).parent / "lib"
    return any(
        True
        for kind in ("cuda", "hip", "vulkan", "metal", "sycl")
        for _ in library.glob(f"*ggml-{kind}*")
    )
