"""What a caller is told when nobody answered."""

from __future__ import annotations

import pytest

from edgeroute.core.errors import EdgeRouteError, ErrorKind, LocalModelError, ProviderError
from edgeroute.providers.resilience.health import Unavailable
from edgeroute.providers.resilience.last_word import counted, last_word

RATE, OUT, KEY, MONEY = (
    ErrorKind.RATE_LIMIT,
    ErrorKind.OUTAGE,
    ErrorKind.AUTH,
    ErrorKind.BILLING,
)
NO_MODEL = LocalModelError("There is no local model.")


def broke(kind: ErrorKind, wait: float | None = None) -> ProviderError:
    """A managed API failed in this way."""
    return ProviderError(kind, "p", f"It is {kind}.", retry_after=wait)


def rests(kind: ErrorKind, seconds: float) -> Unavailable:
    """A model is passed over for this reason."""
    return Unavailable(kind, "it rests", seconds)


@pytest.mark.parametrize(
    ("errors", "resting", "told"),
    [
        ([broke(RATE, 7), broke(RATE, 30)], [], (429, 7, False)),
        ([broke(RATE)], [rests(RATE, 12.5)], (429, 12.5, False)),
        ([broke(RATE, 7), broke(OUT)], [], (503, 7, False)),
        ([broke(OUT)], [], (503, None, False)),
        ([], [rests(OUT, 21)], (503, 21, False)),
        ([broke(KEY), broke(MONEY)], [], (503, None, True)),
        ([], [rests(MONEY, 3_600)], (503, None, True)),
        ([broke(KEY), broke(RATE, 9)], [], (503, 9, False)),
        ([broke(OUT)], [rests(MONEY, 3_600)], (503, None, False)),
        ([], [], (503, None, False)),
    ],
)
def test_whether_and_when_to_try_again(
    errors: list[EdgeRouteError],
    resting: list[Unavailable],
    told: tuple[int, float | None, bool],
) -> None:
    """Only rate limits: 429. What waiting helps: when. What it does not help: that. The local
    model's own failure, which ends every search, changes nothing.
    """
    for tail in ([], [NO_MODEL]):
        tried = [("p/m", error) for error in [*errors, *tail]]
        said = last_word(tried, [], [], resting, []).rejection
        assert (said.status, said.retry_after, said.lasts) == told


@pytest.mark.parametrize(
    ("counts", "window", "estimate", "told"),
    [
        ((205_000, 200_000), 200_000, 150_000, (205_000, 200_000)),
        ((128_000, 130_000, 129_000, 1_000), 1_000_000, 90_000, (130_000, 128_000)),
        ((190_000, 20_000, 200_000), 200_000, 190_000, (200_001, 200_000)),
        ((4_096,), 4_096, 9_000, (9_000, 4_096)),
        ((), 8_000, 7_000, (8_001, 8_000)),
    ],
)
def test_how_long_a_prompt_is_and_what_the_model_takes(
    counts: tuple[int, ...], window: int, estimate: int, told: tuple[int, int]
) -> None:
    """The model's own numbers, else what is known here; the prompt is always the longer one."""
    error = ProviderError(ErrorKind.CONTEXT, "p", "It is too long.", status=400, counts=counts)
    counted(error, window, estimate)
    assert (error.rejection.tokens, error.rejection.window) == told
    assert error.rejection.code == "context_length_exceeded"


def test_the_largest_window_is_told() -> None:
    """A caller shortens for it, be it that of a model which the plan has left out for its size."""
    small, large = (
        ProviderError(ErrorKind.CONTEXT, "p", "Too long.", status=400) for _ in range(2)
    )
    counted(small, 4_000, 90_000)
    counted(large, 32_000, 90_000)
    tried = [("p/large", large), ("p/small", small)]
    assert last_word(tried, [], [], [], []).rejection.window == 32_000
    assert last_word(tried, [], [], [], [64_000, 200_000]).rejection.window == 64_000
