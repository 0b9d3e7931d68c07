"""What this machine has to compute with."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edgeroute.local import llamacpp_library

GIB: Final = 1024**3
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


def read_machine() -> Machine:
    """Read what can be told of the machine without starting anything heavy."""
    gpu, gpu_memory = _graphics_card()
    return Machine(
        memory=_memory(),
        cores=_cores(),
        apple_silicon=sys.platform == "darwin" and platform.machine() == "arm64",
        gpu=gpu,
        gpu_memory=gpu_memory,
        offload=llamacpp_library.offloads(),
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
