"""Advice that a machine can follow."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeroute.local.files import catalogue, recommend
from edgeroute.local.files.catalogue import Build
from edgeroute.local.hardware import GIB, Machine

KNOWN = catalogue.load()
MACHINES = st.builds(
    Machine,
    memory=st.integers(1, 512).map(lambda gigabytes: gigabytes * GIB),
    cores=st.integers(1, 64),
    apple_silicon=st.booleans(),
    gpu=st.sampled_from(["", "NVIDIA"]),
    gpu_memory=st.integers(0, 96).map(lambda gigabytes: gigabytes * GIB),
    offload=st.booleans(),
)


def best(machine: Machine) -> str:
    """The id of the first recommendation."""
    return recommend.recommend(KNOWN, machine)[0].build.id


@given(MACHINES)
def test_advice_fits_the_machine(machine: Machine) -> None:
    """There is always a first choice; any but the smallest stands on a rung the machine reaches."""
    advice = recommend.recommend(KNOWN, machine)
    assert advice
    assert len(advice) == 1 or all(
        one.build.bytes < machine.memory and one.reason for one in advice
    )


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        (Machine(8 * GIB, 8, apple_silicon=True), "qwen3.5-4b"),
        (Machine(16 * GIB, 8, apple_silicon=True), "qwen3.5-9b"),
        (Machine(24 * GIB, 8, apple_silicon=True), "qwen3.5-9b"),
        (Machine(32 * GIB, 8, apple_silicon=True), "qwen3.6-27b"),
        (Machine(64 * GIB, 16, gpu="NVIDIA", gpu_memory=8 * GIB, offload=True), "qwen3.5-4b"),
        (Machine(64 * GIB, 16, gpu="NVIDIA", gpu_memory=24 * GIB), "qwen3.6-35b-a3b"),
        (Machine(32 * GIB, 8), "qwen3.5-4b"),
        (Machine(24 * GIB, 2), "qwen3.5-2b"),
        (Machine(1 * GIB, 1), "qwen2.5-coder-0.5b"),
    ],
)
def test_known_machines(machine: Machine, expected: Any) -> None:
    """Shared memory takes dense models; a processor alone takes few active parameters."""
    assert best(machine) == expected


def test_sold_size_counts() -> None:
    """A machine sold with 16 GB, which reports a little less, gets what suits 16 GB."""
    assert best(Machine(int(15.3 * GIB), 8, apple_silicon=True)) == "qwen3.5-9b"


def test_best_present_prefers_the_ladder_then_size() -> None:
    """Of the files on disk the recommended one answers, else the largest that fits."""
    machine = Machine(8 * GIB, 4)
    builds = KNOWN.builds
    choose = recommend.best_present
    there = [builds["qwen2.5-coder-0.5b"], builds["qwen3.5-4b"], builds["qwen3.6-27b"]]
    found = choose(KNOWN, machine, there)
    assert found is not None
    assert found.id == "qwen3.5-4b"
    odd = [builds["qwen3-0.6b"], builds["qwen3-1.7b"], builds["qwen3.6-27b"]]
    assert choose(KNOWN, machine, odd) == builds["qwen3-1.7b"]
    assert choose(KNOWN, machine, [builds["qwen3.6-27b"]]) == builds["qwen3.6-27b"]
    assert choose(KNOWN, machine, []) is None


@given(
    st.sampled_from(list(KNOWN.builds.values())),
    st.integers(1, 256),
    st.one_of(st.just(0), st.integers(1, 1_000_000)),
)
def test_window_is_sound(build: Build, gigabytes: int, wanted: int) -> None:
    """A window is never beyond the training, and one chosen by memory leaves a third of it free."""
    window = recommend.fit_window(build, gigabytes * GIB, wanted)
    assert 2_048 <= window <= build.context
    if not wanted and window > 2_048:
        assert recommend.bytes_needed(build, window) <= gigabytes * GIB * 2 / 3


@given(MACHINES)
def test_what_answers_better_and_slower_is_offered(machine: Machine) -> None:
    """It is larger than the first choice, fits, and somebody could wait for it."""
    first = recommend.recommend(KNOWN, machine)[0].build
    for one in recommend.slower(KNOWN, machine):
        assert one.slower
        assert one.speed >= 1
        assert first.bytes < one.build.bytes < machine.memory


def test_a_machine_without_a_graphics_card_is_offered_a_larger_model() -> None:
    """Two cores with 24 GB write a few tokens a second with four billion parameters."""
    offered = [one.build.id for one in recommend.slower(KNOWN, Machine(24 * GIB, 2))]
    assert offered == ["qwen3.5-4b", "qwen3.5-9b"]


def test_a_measured_pace_sets_every_speed() -> None:
    """One model that was measured says how fast the others are: by the bytes of each token."""
    machine, build = Machine(24 * GIB, 2), KNOWN.builds["qwen2.5-coder-0.5b"]
    pace = recommend.pace_of(build, 10.0)
    advice = {one.build.id: one.speed for one in recommend.recommend(KNOWN, machine, pace)}
    assert advice[build.id] == pytest.approx(10.0)
    assert advice["qwen3.5-2b"] == pytest.approx(10.0 * build.bytes / 1_280_835_840)


def test_models_for_code_say_so_and_judgements_are_quoted() -> None:
    """Nobody is recommended a model for letters without what is known of its letters."""
    advice = recommend.recommend(KNOWN, Machine(24 * GIB, 2))
    for one in advice:
        assert one.letters
        assert ("made for code" in one.letters) == one.build.id.startswith("qwen2.5-coder")
        assert one.languages >= 29
