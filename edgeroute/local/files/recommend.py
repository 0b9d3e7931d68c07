"""Which build suits a machine, and how much context it gets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from edgeroute.local.files.catalogue import Build, Catalogue, Style
from edgeroute.local.hardware import GIB, Machine

_WINDOWS: Final = (32_768, 16_384, 8_192, 4_096)
_SMALLEST_WINDOW: Final = 2_048
SHOWN_WINDOWS: Final = (8_192, 32_768)
# Bytes of weights that are read in a second: by a core, by the cores together, by graphics.
_CORE_PACE: Final = 9e9
_MEMORY_PACE: Final = 40e9
_APPLE_PACE: Final = 80e9
_CARD_PACE: Final = 250e9
# Slower than this nobody waits for a letter.
_LEAST_SPEED: Final = 1.0
_MOST_SLOWER: Final = 2
# How many languages the publisher names.
_LANGUAGES: Final[dict[Style, int]] = {"qwen2.5": 29, "qwen3": 119, "qwen3.5": 201}
# What llama.cpp and its host need beside the weights and the cache.
_OVERHEAD_BYTES: Final = GIB // 2


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A build that this machine carries, and why it stands where it does.

    ``speed`` is what can be expected of it, in tokens per second. One that is ``slower`` than what
    this machine carries well answers better.
    """

    build: Build
    reason: str
    speed: float = 0.0
    slower: bool = False

    @property
    def languages(self) -> int:
        """How many its publisher names."""
        return _LANGUAGES[self.build.style]

    def memory(self, window: int) -> int:
        """The bytes of memory that it takes with ``window`` tokens of context."""
        return bytes_needed(self.build, window)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "id": self.build.id,
            "reason": self.reason,
            "slower": self.slower,
            "tokens_per_second": round(self.speed, 1),
            "bytes": {str(window): self.memory(window) for window in SHOWN_WINDOWS},
            "languages": self.languages,
            "tools": True,
            "code": self.build.code,
            "judged": msgspec.to_builtins(self.build.judged),
        }

    @property
    def letters(self) -> str:
        """What is known of its answers to private prompts, in words."""
        judged, code = self.build.judged, "made for code" if self.build.code else ""
        if judged is None:
            return code or "not judged"
        said = f"{judged.good} good, {judged.edit} after an edit, {judged.wrong} wrong"
        return f"{said}; {code}" if code else said


def recommend(catalogue: Catalogue, machine: Machine, pace: float = 0.0) -> list[Recommendation]:
    """The builds that suit ``machine``, best first; never empty, the last rung always remains.

    ``pace`` is how many bytes of weights it reads in a second, 0 where nobody has measured it.
    """
    rungs = catalogue.ladder.gpu if machine.accelerated else catalogue.ladder.cpu
    # Firmware keeps some memory to itself: a machine sold with 16 GB reports a little less.
    memory = machine.model_memory * 1.08 / GIB
    carried = [
        catalogue.builds[rung.model]
        for rung in rungs
        if memory >= rung.memory_gb and machine.cores >= rung.cores
    ]
    found = [
        Recommendation(one, _reason(one, machine), speed(one, machine, pace)) for one in carried
    ]
    if not found:
        last = catalogue.builds[rungs[-1].model]
        reason = "the last resort: this machine has little memory"
        found = [Recommendation(last, reason, speed(last, machine, pace))]
    return found


def slower(catalogue: Catalogue, machine: Machine, pace: float = 0.0) -> list[Recommendation]:
    """Larger builds than ``recommend`` gives that fit the memory, for whoever can wait."""
    best = recommend(catalogue, machine)[0].build
    known = {rung.model for rung in (*catalogue.ladder.gpu, *catalogue.ladder.cpu)}
    room = machine.model_memory * 2 // 3
    builds = sorted((catalogue.builds[name] for name in known), key=lambda build: build.bytes)
    found = [
        Recommendation(
            one,
            f"answers better, slower than this machine likes, {one.bytes / GIB:.1f} GB file",
            speed(one, machine, pace),
            slower=True,
        )
        for one in builds
        if one.bytes > best.bytes and bytes_needed(one, SHOWN_WINDOWS[0]) <= room
    ]
    return [one for one in found if one.speed >= _LEAST_SPEED][:_MOST_SLOWER]


def pace_of(build: Build, speed: float) -> float:
    """The bytes of weights that are read in a second where ``build`` writes at ``speed``."""
    return speed * build.bytes * build.active / build.billions


def speed(build: Build, machine: Machine, pace: float = 0.0) -> float:
    """About how many tokens per second ``build`` writes on ``machine``.

    Each token reads every active weight once, so memory sets the pace: ``pace`` as measured, else
    as such machines have it.
    """
    if pace:
        pass
    elif machine.accelerated:
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
