"""Which build suits a machine, and how much context it gets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from edgeroute.local.files.catalogue import Build, Catalogue
from edgeroute.local.hardware import GIB, Machine

_WINDOWS: Final = (32_768, 16_384, 8_192, 4_096)
_SMALLEST_WINDOW: Final = 2_048
# Bytes of weights that are read in a second: by a core, by the cores together, by graphics.
_CORE_PACE: Final = 9e9
_MEMORY_PACE: Final = 40e9
_APPLE_PACE: Final = 80e9
_CARD_PACE: Final = 250e9
# What llama.cpp and its host need beside the weights and the cache.
_OVERHEAD_BYTES: Final = GIB // 2


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A build that this machine carries, and why it stands where it does.

    ``speed`` is what can be expected of it, in tokens per second.
    """

    build: Build
    reason: str
    speed: float = 0.0


def recommend(catalogue: Catalogue, machine: Machine) -> list[Recommendation]:
    """The builds that suit ``machine``, best first; never empty, the last rung always remains."""
    rungs = catalogue.ladder.gpu if machine.accelerated else catalogue.ladder.cpu
    # Firmware keeps some memory to itself: a machine sold with 16 GB reports a little less.
    memory = machine.model_memory * 1.08 / GIB
    carried = [
        catalogue.builds[rung.model]
        for rung in rungs
        if memory >= rung.memory_gb and machine.cores >= rung.cores
    ]
    found = [Recommendation(one, _reason(one, machine), speed(one, machine)) for one in carried]
    if not found:
        last = catalogue.builds[rungs[-1].model]
        reason = "the last resort: this machine has little memory"
        found = [Recommendation(last, reason, speed(last, machine))]
    return found


def speed(build: Build, machine: Machine) -> float:
    """About how many tokens per second ``build`` writes on ``machine``.

    Each token reads every active weight once, so memory sets the pace.
    """
    if machine.accelerated:
        pace = _APPLE_PACE if machine.apple_silicon else _CARD_PACE
    else:
        pace = min(machine.cores * _CORE_PACE, _MEMORY_PACE)
    return pace / (build.bytes * build.active / build.billions)


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
