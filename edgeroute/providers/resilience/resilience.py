"""The numbers of rules/resilience.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from edgeroute.core.model_card import ModelCard, Place
from edgeroute.datafile import data_file, load, mistake

Seconds = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class _NumbersTable(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A table of the file: unknown keys are errors."""


class BreakerNumbers(_NumbersTable, frozen=True):
    """``failures`` within ``within`` seconds block a model or a provider for ``open`` seconds."""

    failures: Count = 3
    within: Seconds = 300
    open: Seconds = 300
    probe: Seconds = 60
    check_after: Seconds = 20
    check_growth: Annotated[float, msgspec.Meta(ge=1, le=10)] = 2
    check_longest: Seconds = 300


class RetryNumbers(_NumbersTable, frozen=True):
    """How often one model and all models together are tried, and the pauses between."""

    per_model: Count = 2
    in_all: Count = 6
    pause_from: Annotated[float, msgspec.Meta(ge=0)] = 0.2
    pause_to: Annotated[float, msgspec.Meta(ge=0)] = 0.8
    longest_wait: Annotated[float, msgspec.Meta(ge=0)] = 5
    cloud_time: Seconds = 90
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.2
    least: Annotated[int, msgspec.Meta(ge=0)] = 10
    counted: Seconds = 60


class PatienceNumbers(_NumbersTable, frozen=True):
    """How long to wait for what."""

    first_token: Seconds = 12
    first_token_silent: Seconds = 120
    picture: Seconds = 240
    per_1000_input_tokens: Annotated[float, msgspec.Meta(ge=0)] = 0.1
    gap: Seconds = 20
    total: Seconds = 900


class RateLimitNumbers(_NumbersTable, frozen=True):
    """How long a model is left alone after a 429 that names no time."""

    cooldown: Seconds = 20
    longest_cooldown: Seconds = 300


class AccountNumbers(_NumbersTable, frozen=True):
    """How long a provider is left alone whose account cannot be used."""

    no_credit: Seconds = 600
    bad_key: Seconds = 300
    unknown_model: Seconds = 3600


class Resilience(_NumbersTable, frozen=True):
    """All of it; ``load_resilience`` reads the file."""

    breaker: BreakerNumbers = BreakerNumbers()
    retry: RetryNumbers = RetryNumbers()
    patience: PatienceNumbers = PatienceNumbers()
    rate_limit: RateLimitNumbers = RateLimitNumbers()
    account: AccountNumbers = AccountNumbers()

    def patience_for(self, card: ModelCard, input_tokens: int) -> Patience:
        """How long to wait for ``card`` with a prompt of ``input_tokens``.

        A local model is waited for as long as it takes: nothing comes after it.
        """
        numbers = self.patience
        if card.place is Place.LOCAL:
            return Patience(numbers.total, numbers.total, numbers.total)
        first = numbers.first_token_silent if card.thinks_silently else numbers.first_token
        if "image_output" in card.abilities:
            return Patience(numbers.picture, numbers.picture, numbers.total)
        first += numbers.per_1000_input_tokens * input_tokens / 1000
        return Patience(first, numbers.gap, numbers.total)


def load_resilience(own: Path | None = None) -> Resilience:
    """The user's resilience.yaml in the folder ``own``, or the packaged one.

    Raises:
        SettingsError: with file and line.
    """
    path = data_file("rules", "resilience.yaml", own)
    numbers = load(path, Resilience)
    if numbers.retry.pause_to < numbers.retry.pause_from:
        raise mistake(path, "$.retry.pause_to", "must not be less than `pause_from`.")
    if numbers.retry.in_all < numbers.retry.per_model:
        raise mistake(path, "$.retry.per_model", "must not be more than `in_all`.")
    return numbers


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: until the first word or thought, between any two bytes, and for all of it."""

    first_token: float = 12.0
    gap: float = 20.0
    total: float = 900.0
